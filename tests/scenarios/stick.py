"""What is carried between the tills of a store without a line and HQ."""

import sys
from pathlib import Path
from typing import Any

from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.program import run_command


class Stick:
    """Every file that was ever on it is kept in `folder`."""

    def __init__(self, chain: DemoChain, folder: Path) -> None:
        self.chain, self.folder = chain, folder
        folder.mkdir(exist_ok=True)

    def take_out(self, place: str) -> Path:
        """A till's file."""
        file = self._new(f"{place}-to-hq")
        file.write_bytes(self.chain.till(place).process.download("/v1/media"))
        return file

    def take_in(self, file: Path) -> tuple[Path, str]:
        """HQ takes it in; its answer, and what its command says."""
        answer = self._new("hq-answers")
        command = [sys.executable, "-m", "hq_server", "media", str(self.chain.hq_settings), str(file), str(answer)]
        done = run_command(*command, "--url", self.chain.hq.url)
        assert done.returncode == 0, done.stdout + done.stderr
        return answer, done.stdout

    def bring_in(self, place: str, answer: Path) -> dict[str, Any]:
        """A till follows HQ's answer."""
        said: dict[str, Any] = self.chain.till(place).process.upload("/v1/media", answer.read_bytes())
        return said

    def evening(self) -> dict[str, tuple[Path, Path]]:
        """All files go to HQ, twice, as one may wait for another, and the answers back; what was carried."""
        files = {place: self.take_out(place) for place in self.chain.tills}
        for file in files.values():
            self.take_in(file)
        answers = {place: self.take_in(file)[0] for place, file in files.items()}
        for place, answer in answers.items():
            assert self.bring_in(place, answer)["wrong"] is None
        return {place: (files[place], answers[place]) for place in files}

    def _new(self, name: str) -> Path:
        return self.folder / f"{len(list(self.folder.iterdir())) + 1:03}-{name}.medium"
