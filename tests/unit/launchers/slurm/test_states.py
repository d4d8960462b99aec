"""What Slurm says, read and told again."""

from __future__ import annotations

import pytest

from launchers.slurm.states import (
    Job,
    code_of,
    end_of,
    from_accounting,
    from_completion_log,
    from_queue,
    seconds_of,
    waiting,
)

LAUNCH = {"memory_mb": 512}


def test_a_line_of_the_queue_says_why_a_job_waits_and_until_when() -> None:
    job = from_queue("12|N/A|PENDING|Resources|1795195948||0:00|/home/me/huggins/launches/a/b|c")
    assert job is not None
    assert job.workdir == "/home/me/huggins/launches/a/b|c"
    assert waiting(job) == (
        "waits in Slurm's queue as job 12 (Resources); Slurm expects it to start at 2026-11-20T17:32:28Z"
    )


def test_a_job_without_an_expected_start_has_none() -> None:
    job = from_queue("12|N/A|PENDING|Priority|N/A||0:00|/x")
    assert job is not None
    assert waiting(job) == "waits in Slurm's queue as job 12 (Priority)"


def test_a_line_of_the_completion_log_is_read() -> None:
    line = (
        "JobId=7 UserId=me(1001) GroupId=me(1001) Name=abc JobState=NODE_FAIL Partition=main TimeLimit=60 "
        "NodeList=n2 NodeCnt=1 WorkDir=/home/me/x ReservationName= DerivedExitCode=0:0 ExitCode=0:9 \n"
    )
    assert from_completion_log(line) == Job("7", "NODE_FAIL", "", None, "/home/me/x", "0:9", "n2")


def test_a_line_of_the_accounting_is_read_without_who_cancelled() -> None:
    job = from_accounting("7|CANCELLED by 1001|0:15|None|n1|17|/home/me/x")
    assert job == Job("7", "CANCELLED", "None", None, "/home/me/x", "0:15", "n1", None, 17)


def test_a_task_of_an_array_is_known_by_the_arrays_number() -> None:
    jobs = [
        from_queue("7|2|RUNNING|None|1795195948|n1|1:05|/x"),
        from_accounting("7_2|FAILED|1:0|None|n1|65|/x"),
        from_completion_log(
            "JobId=9 JobState=FAILED StartTime=2026-11-30T15:00:00 EndTime=2026-11-30T15:01:05 NodeList=n1 "
            "WorkDir=/x ArrayJobId=7 ArrayTaskId=2 ExitCode=1:0 \n"
        ),
    ]
    assert {(job.job, job.task, job.held_s) for job in jobs if job} == {("7", 2, 65)}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0:00", 0), ("12:34", 754), ("1:00:01", 3601), ("2-03:00:00", 183_600), ("INVALID", None)],
)
def test_the_time_that_a_job_has_held_its_node_is_read(text: str, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("line", ["", "slurm_load_jobs error", "1|2|3"])
def test_what_is_no_job_is_none(line: str) -> None:
    assert from_queue(line) is None
    assert from_accounting(line) is None
    assert from_completion_log(line) is None


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("TIMEOUT", "killed: the time limit of the cluster was reached; Slurm says TIMEOUT of job 7"),
        (
            "OUT_OF_MEMORY",
            "killed: out of memory (limit 512 MB); Slurm says OUT_OF_MEMORY of job 7 on n2",
        ),
        ("NODE_FAIL", "killed: its node failed; Slurm says NODE_FAIL of job 7 on n2"),
        ("CANCELLED", "killed: it was cancelled in Slurm, not here; Slurm says CANCELLED of job 7"),
        ("PREEMPTED", "killed: a job of higher priority took its place; Slurm says PREEMPTED of job 7 on n2"),
        ("FAILED", "its runner ended without a word; Slurm says FAILED of job 7 on n2, exit code 1:0"),
    ],
)
def test_each_end_by_slurm_has_its_name_and_slurms_own_word(state: str, words: str) -> None:
    assert end_of(Job("7", state, "None", exit_code="1:0", nodes="n2"), LAUNCH, 1).reason == words


def test_a_reason_beyond_the_state_is_told() -> None:
    assert "(NodeDown)" in end_of(Job("7", "NODE_FAIL", "NodeDown"), LAUNCH, None).reason


@pytest.mark.parametrize(("code", "told"), [("0:15", 143), ("3:0", 3), ("0:0", None), ("", None)])
def test_exit_codes_are_counted_as_shells_do(code: str, told: int | None) -> None:
    assert code_of(Job("7", "FAILED", exit_code=code)) == told
