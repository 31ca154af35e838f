"""The peers of bench/pickles.mjs: picklescan and fickling on the same files, in one process each. Nothing is loaded."""

import json
import sys
import time
from pathlib import Path


def picklescan(paths: list) -> list:
    from picklescan.scanner import SafetyLevel, scan_file_path

    import logging

    logging.disable(logging.CRITICAL)
    rows = []
    for path in paths:
        started = time.perf_counter()
        try:
            result = scan_file_path(path)
            level = "error" if result.scan_err else "safe"
            if any(each.safety == SafetyLevel.Dangerous for each in result.globals):
                level = "dangerous"
            elif any(each.safety == SafetyLevel.Suspicious for each in result.globals):
                level = "suspicious"
        except Exception as error:  # noqa: BLE001
            level = f"failed: {type(error).__name__}"
        rows.append([path, level, (time.perf_counter() - started) * 1000])
    return rows


def pickles_in(path: str) -> list:
    import io
    import zipfile

    if not zipfile.is_zipfile(path):
        return [open(path, "rb")]
    archive = zipfile.ZipFile(path)
    return [io.BytesIO(archive.read(name)) for name in archive.namelist() if name.endswith((".pkl", ".pickle"))]


def fickling(paths: list) -> list:
    from fickling.analysis import Severity, check_safety
    from fickling.fickle import StackedPickle

    rows = []
    for path in paths:
        started = time.perf_counter()
        try:
            worst = Severity.LIKELY_SAFE
            for data in pickles_in(path):
                for pickled in StackedPickle.load(data, fail_on_decode_error=False):
                    worst = max(worst, check_safety(pickled).severity)
            level = worst.name.lower()
        except Exception as error:  # noqa: BLE001
            level = f"failed: {type(error).__name__}"
        rows.append([path, level, (time.perf_counter() - started) * 1000])
    return rows


if __name__ == "__main__":
    import os

    sys.stdout = open(os.devnull, "w")  # fickling prints what it decodes
    run = {"picklescan": picklescan, "fickling": fickling}[sys.argv[1]]
    started = time.perf_counter()
    rows = run(Path(sys.argv[2]).read_text().split("\n"))
    os.write(1, json.dumps({"rows": rows, "ms": (time.perf_counter() - started) * 1000}).encode())
