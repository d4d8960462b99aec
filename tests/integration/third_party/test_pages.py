"""A person trains a third-party module, deploys it and calls it by the pages alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.browser.conftest import ARGUMENTS, PATIENCE_MS
from tests.conftest import unavailable
from tests.integration.third_party.test_modules import DARK, platform_of

pytestmark = [pytest.mark.docker, pytest.mark.browser]


async def test_the_forms_are_made_of_the_modules_arguments(third_party_images: None, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or unavailable("Chromium")
    async with platform_of(tmp_path, "yolo") as running, async_playwright() as playwright:
        await running.platform.modules.descriptions.of("yolo")
        dataset = await running.data("stars", {"set.yaml": b"name: star\nname: galaxy\n", "1.ppm": DARK})
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(running.link)
        await page.goto(f"{running.address}/modules/yolo/train")
        await page.select_option("#dataset", dataset)
        await page.fill("#p-data", "{dataset}/set.yaml")
        await expect(page.locator("#preview")).to_be_hidden()
        await page.click("#train-form button[type=submit]")
        await page.wait_for_url("**/jobs/*")
        await page.click("button[data-opens=deploy-dialog]")
        await page.fill("#deploy-name", "detector")
        await page.click("#deploy-dialog button[value=deploy]")
        await page.wait_for_url("**/deployments/detector")
        await page.set_input_files("#file-files", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"x"})
        await page.fill("#c-conf", "7")
        call = page.locator("form[data-callform] button[type=submit]")
        await call.click()
        await expect(page.locator("#c-conf-error")).to_contain_text("At most 1")
        await page.fill("#c-conf", "0.5")
        await call.click()
        await expect(page.locator("[data-answer] code")).to_contain_text("galaxy")
        await page.select_option("#call-accept", "image/jpeg")
        await call.click()
        await expect(page.locator("[data-answer] img")).to_be_attached()
        await expect(page.locator("[data-answer] a")).to_contain_text("image/jpeg")
        await browser.close()
    assert faults == []
