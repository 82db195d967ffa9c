from __future__ import annotations

import subprocess
import sys

import pytest

from helper.files import PROJECT_ROOT


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_file_gets_the_number_of_a_closed_stream(tmp_path, closed):
    program = (
        "import os, sys\n"
        "from helper import streams\n"
        "streams.reserve()\n"
        "print('lost', file=sys.stderr)\n"
        "with open(sys.argv[1], 'w') as file:\n"
        "    numbers = [os.fstat(n).st_rdev for n in range(3)]\n"
        "    null = os.stat(os.devnull).st_rdev\n"
        "    print(file.fileno(), *(n == null for n in numbers), file=file)\n"
    )
    path = tmp_path / "file"
    done = subprocess.run(
        ["bash", "-c", f'"$@" {closed}', "bash", sys.executable, "-c", program, str(path)],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        timeout=60,
    )
    number, *null = path.read_text().split()
    assert int(number) > 2
    assert null == [str(part in closed.split()) for part in ("<&-", ">&-", "2>&-")]
    assert (done.stdout, done.stderr) == ("", "" if "2" in closed else "lost\n")
