"""Files are written in the place of plain files alone: devices, pipes and links stay what they are."""

import os
from pathlib import Path

import pytest

from lpasim.errors import OutputError
from lpasim.whole_file import stream_whole, write_whole


@pytest.fixture(params=["pipe", "link", "no name"])
def place(request, tmp_path):
    path = tmp_path / "place"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "link":
        (tmp_path / "target").write_text("before")
        path.symlink_to(tmp_path / "target")
    else:
        path = Path(".")
    return path


def test_a_file_is_not_written_over_what_is_no_plain_file(place, tmp_path):
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(OutputError, match=r"^the report must be written to a plain file, got '"):
        write_whole(b"after", place, "the report")
    with pytest.raises(OutputError, match="plain file"), stream_whole(place, "the report") as text:
        text.write("after")
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert not (tmp_path / "target").exists() or (tmp_path / "target").read_text() == "before"
    assert place.is_fifo() or place.is_symlink() or place == Path(".")


def test_a_plain_file_is_replaced(tmp_path):
    place = tmp_path / "place"
    for content in (b"one", b"two"):
        write_whole(content, place, "the report")
        assert place.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["place"]
