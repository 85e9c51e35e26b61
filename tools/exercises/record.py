"""The verdict about one check. Everything that is printed or written is made from these records."""

from dataclasses import dataclass

BUILD = "Build"  # the name of the record of a program that was not built; it is no check
PASSED, FAILED, ERROR, SKIPPED = "passed", "failed", "error", "skipped"


@dataclass
class Record:
    exercise: str
    check: str
    status: str  # passed; failed: the program did something wrong; error: hang, crash, does not compile; skipped
    headline: str = ""  # one sentence, at most 100 bytes
    story: str = ""
    seconds: float = 0.0


@dataclass
class Verdict:
    """All records of one exercise, and how long they took."""

    exercise: str
    records: list[Record]
    build_seconds: float = 0.0
    check_seconds: float = 0.0
    warnings: str = ""  # the compiler's
    checker_failed: bool = False  # the checker itself failed: it is not known whether the program is right

    @property
    def checks(self) -> list[Record]:
        return [record for record in self.records if record.check != BUILD]

    @property
    def passed(self) -> bool:
        return bool(self.records) and all(record.status == PASSED for record in self.records)

    @property
    def first_failure(self) -> Record | None:
        return next((record for record in self.records if record.status in (FAILED, ERROR)), None)
