"""Profiles of lines told and measured, and a million windows: `python -m benchmarks.lines`.

Quality: Gaussian profiles of known class on a grid of 0.75 Å about Hα, made here and not by the method's own
generator, at signal-to-noise ratios of 20, 50 and 100; the same profiles are told by a rule on the extrema
that `scipy.signal.find_peaks` gives, as one would write it by habit. Precision and recall are means over the
classes.

Memory: a process of its own measures 1,000,000 windows streamed from Parquet, with catalogue, report and
model, as a job would; the peak is the kernel's high-water mark.

Claims
------
lines_precision, lines_recall
    Ours, the rule's beside it; ours against .95.
lines_memory
    Peak memory of the stream over the limit.
"""
