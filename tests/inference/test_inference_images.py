"""Labelled images: what is read, and what is said about those that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from lpasim.errors import NetworkError
from lpasim.inference.images import read_images

SHAPE = (3, 8, 8)


def gathered(images, size):
    batches = list(images.batches(size, SHAPE, "tiny"))
    labels = [label for _, label in batches]
    return [pixels.shape[0] for pixels, _ in batches], np.concatenate([pixels for pixels, _ in batches]), labels


def test_batches_hold_every_image_once_in_the_order_of_names(sample):
    images = read_images(sample.folder, sample.labels, "tiny")
    sizes, pixels, labels = gathered(images, 2)
    assert len(images) == 5
    assert sizes == [2, 2, 1]
    expected = ((sample.pixels / 255 - 0.5) / 0.25).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(pixels, expected, rtol=1e-5, atol=1e-5)
    assert pixels.dtype == np.float32
    assert np.concatenate(labels).tolist() == [1, 2, 3, 4, 5]


def test_labels_may_come_in_any_order_and_relative_to_the_images(sample):
    sample.labels.write_text("label,file\n" + "".join(f"{i},p{i}.png\n" for i in (3, 0, 4, 2, 1)))
    assert read_images(sample.folder, sample.labels, "tiny").labels.tolist() == [0, 1, 2, 3, 4]


def test_labels_of_a_copied_folder_keep_the_folder_in_front(sample):
    """The last part of a name is enough where the rest leads nowhere, or to another folder's image of that name."""
    (sample.folder.parent / "all").mkdir()
    (sample.folder.parent / "all" / "p1.png").touch()
    sample.labels.write_text("file,label\n" + "".join(f"all/p{i}.png,{i + 1}\n" for i in range(5)))
    assert read_images(sample.folder, sample.labels, "tiny").labels.tolist() == [1, 2, 3, 4, 5]


def test_labels_are_demanded_for_the_images_that_are_taken(sample):
    sample.labels.write_text("file,label\np0.png,4\np1.png,3\np3.png,2\n")
    assert read_images(sample.folder, sample.labels, "tiny", 2).labels.tolist() == [4, 3]
    with pytest.raises(NetworkError, match=r"every image must have a label, got 1 without, the first 'p2\.png'"):
        read_images(sample.folder, sample.labels, "tiny", 3)
    sample.labels.write_text("file,label\np0.png,4\nq.png,3\n")
    with pytest.raises(NetworkError, match=r"label file must name images of .*, got 1 other, the first 'q\.png'"):
        read_images(sample.folder, sample.labels, "tiny", 1)


def test_labels_beyond_the_classes_are_named_with_their_place(sample, tmp_path):
    images = read_images(sample.folder, sample.labels, "tiny")
    images.check_labels(6)
    with pytest.raises(NetworkError, match=r"below 4, the classes .*, got 4 for image 4 \(.*labels.csv, line 5\)"):
        images.check_labels(4)
    np.savez(tmp_path / "set.npz", images=sample.pixels, labels=np.arange(5))
    with pytest.raises(NetworkError, match=r"below 3, the classes of the network, got 3 for image 4 \(.*set.npz\)"):
        read_images(tmp_path / "set.npz", None, "tiny").check_labels(3)


def test_a_limit_takes_the_first(sample):
    images = read_images(sample.folder, sample.labels, "tiny", 3)
    assert len(images) == 3
    assert images.labels.tolist() == [1, 2, 3]
    assert gathered(images, 8)[0] == [3]


def test_an_archive_brings_its_labels(sample, tmp_path):
    np.savez(tmp_path / "set.npz", images=sample.pixels, labels=np.arange(5, dtype=np.uint8))
    packed, loose = read_images(tmp_path / "set.npz", None, "tiny"), read_images(sample.folder, None, "tiny")
    np.testing.assert_array_equal(gathered(packed, 5)[1], gathered(loose, 5)[1])
    assert packed.labels.tolist() == [0, 1, 2, 3, 4]
    assert loose.labels is None
    assert gathered(loose, 5)[2] == [None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "file,label\npictures/a.png,1\npictures/p1.png,1\nb.png,2\n",
            r"label file must name images of .*, got 2 others, the first 'pictures/a.png' \(.*labels.csv; a file is ",
        ),
        ("file,label\nelse.png,1\n", "got 1 other, the first 'else.png'"),
        ("file,label\np0.png,1\np2.png,1\n", "every image must have a label, got 3 without, the first 'p1.png'"),
        ("file,label\np0.png,1\n./p0.png,2\n", r"one label, got 1 and 2 for './p0.png' \(.*labels.csv, line 3\)"),
        ("file,label\np0.png,cat\n", r"label must be a whole number from 0 on, got 'cat' \(.*labels.csv, line 2\)"),
        ("file,label\np0.png,-1\n", "whole number from 0 on, got '-1'"),
        ("file,label\np0.png\n", "whole number from 0 on, got ''"),
        ("file,label\np0.png,1\nx/p0.png,2\n", r"one label, got 1 and 2 for 'x/p0.png' \(.*labels.csv, line 3\)"),
        ("file,label\np\0.png,1\n", r"label file must be a CSV file, got zero bytes \(.*labels.csv, line 2\)"),
        ('file,label\n"p0.png"x,1\n', r"label file must be a CSV file, got lines that are none \(.*labels.csv\)"),
        (f"file,label\np0.png,{10**9}\n", r"label must have at most 9 digits, got 10 \(.*labels.csv, line 2\)"),
        ("p0.png,1\n", "must have the columns file and label, got p0.png, 1"),
        ("", "must have the columns file and label, got no columns"),
    ],
)
def test_labels_that_do_not_fit(sample, text, message):
    sample.labels.write_text(text)
    with pytest.raises(NetworkError, match=message) as caught:
        read_images(sample.folder, sample.labels, "tiny")
    assert "\n" not in str(caught.value)


def test_a_label_file_that_cannot_be_read(sample, tmp_path):
    with pytest.raises(NetworkError, match=r"label file must be readable, got no such file .* \(.*none.csv\)"):
        read_images(sample.folder, tmp_path / "none.csv", "tiny")
    sample.labels.write_bytes(b"file,label\n\xff\xfe,1\n")
    with pytest.raises(NetworkError, match=r"label file must be a CSV file in UTF-8, got other bytes \(.*labels.csv\)"):
        read_images(sample.folder, sample.labels, "tiny")


def test_archives_that_do_not_fit(sample, tmp_path):
    path = tmp_path / "set.npz"
    for labels, got in (
        (np.arange(4), r"int64 \[4\]"),
        (np.zeros(5), r"float64 \[5\]"),
        (np.array([0, 1, -1, 0, 0]), r"int64 \[5\]"),
        (np.full(5, 2**63, np.uint64), r"uint64 \[5\]"),
    ):
        np.savez(path, images=sample.pixels, labels=labels)
        with pytest.raises(NetworkError, match=f"labels must be 5 whole numbers from 0 on, got {got}"):
            read_images(path, None, "tiny")
    with pytest.raises(NetworkError, match=r"labels must lie in the archive itself, .* got the file .*labels.csv"):
        read_images(path, sample.labels, "tiny")
    np.savez(path, images=sample.pixels[:0])
    with pytest.raises(NetworkError, match="images must be an archive with at least one image, got none"):
        read_images(path, None, "tiny")


def test_files_that_are_no_archive(tmp_path):
    """Whatever a library says about them, the message is one line in plain words."""
    path = tmp_path / "set.npz"
    np.savez(path, images=np.array([None]))
    objects = path.read_bytes()
    for content, got in (
        (b"some text\n", "another or an unreadable file"),
        (b"", "another or an unreadable file"),
        (objects, "a damaged one, or other things"),
    ):
        path.write_bytes(content)
        with pytest.raises(NetworkError) as caught:
            read_images(path, None, "raw")
        assert str(caught.value).startswith("image archive must be a whole .npz file")
        assert str(caught.value).endswith(f", got {got} ({path})")
        assert "pickle" not in str(caught.value)


def test_images_that_do_not_fit(sample, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(NetworkError, match="with at least one image, got none"):
        read_images(empty, None, "tiny")
    with pytest.raises(NetworkError, match=r"preprocess must be one of imagenet, .*, got 'other'"):
        read_images(sample.folder, None, "other")
    rule = r"network expects 1x3x9x9, got images of 1x3x8x8 \(.*p0\.png, preprocess tiny, net\)"
    with pytest.raises(NetworkError, match=rule):
        list(read_images(sample.folder, None, "tiny").batches(2, (3, 9, 9), "net"))
    (sample.folder / "a\nb.png").write_bytes(b"no picture")
    with pytest.raises(
        NetworkError, match=r"^image must be a readable picture, got none of a known kind .*a\\nb\.png\)$"
    ):
        gathered(read_images(sample.folder, None, "tiny"), 2)
    (sample.folder / "a\nb.png").unlink()
    whole = (sample.folder / "p3.png").read_bytes()
    for broken in (b"no picture", whole[: len(whole) // 2], whole[:20]):
        (sample.folder / "p3.png").write_bytes(broken)
        with pytest.raises(NetworkError, match=r"image must be a readable picture, got .*p3\.png"):
            gathered(read_images(sample.folder, None, "tiny"), 2)


@pytest.mark.parametrize("values", [np.uint16, np.int32, np.float32])
def test_pictures_of_more_than_8_bits_are_refused(sample, values):
    image = pytest.importorskip("PIL.Image")
    wide = (np.arange(81).reshape(9, 9) * 800).astype(values)
    image.fromarray(wide).save(sample.folder / "p3.png", "png" if values is np.uint16 else "tiff")
    rule = r"^image must have at most 8 bits a channel, got mode [IF].* \(.*p3\.png\)$"
    with pytest.raises(NetworkError, match=rule):
        gathered(read_images(sample.folder, None, "tiny"), 6)


def test_a_link_that_leads_to_itself_is_no_picture(sample):
    (sample.folder / "loop.png").symlink_to("loop.png")
    names = ("loop", *(f"p{index}" for index in range(5)))
    sample.labels.write_text("file,label\n" + "".join(f"{name}.png,1\n" for name in names))
    with pytest.raises(NetworkError, match=r"image must be a readable picture, got .*loop\.png"):
        gathered(read_images(sample.folder, sample.labels, "tiny"), 6)
