"""The command line: what is asked for, what is refused, and in which words."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.cli.effect import effect
from gateway.cli.file import USAGE as FILE
from gateway.cli.main import COMMANDS, main
from gateway.cli.parser import Usage, parse
from gateway.cli.relay import USAGE as RELAY
from gateway.errors import ArgumentError
from gateway.options.settings import OPTIONS, Settings
from transforms.effect import (
    AutoKey,
    Color,
    ColorBackground,
    Edge,
    FfmpegKey,
    FirstFrames,
    Learned,
    Matting,
    MediapipeKey,
    ModelKey,
    NoMatting,
    PlateImage,
    PlateKey,
    ScreenKey,
    SelfieKey,
)

NEW_SCENE = ["--background", "color:102030", "--color", "00ff00"]
FIVE = ["call.sdp", "beach.jpg", "2a6a84", "rtp://127.0.0.1:5004", "96"]
HEAVY = {"ai_edge_litert", "aiortc", "av", "mediapipe", "numba", "numpy", "onnxruntime", "PIL"}


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CHANGEBG_"):
            monkeypatch.delenv(name)


def refusal(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which `words` are refused."""
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("changebg: ")
    return printed.err.removeprefix("changebg: ").rstrip("\n")


def test_the_five_words_are_taken_in_order_among_options() -> None:
    words = parse(RELAY, [*FIVE[:2], "--preset", "fast", *FIVE[2:], "--buffer", "40"])
    assert list(words.arguments.values()) == FIVE
    assert words.settings.preset == "fast"
    assert words.settings.buffer == pytest.approx(0.04)


def test_a_lone_dash_is_an_argument() -> None:
    words = parse(RELAY, ["-", "beach.jpg", "-", "rtp://127.0.0.1:5004", "96"])
    assert (words.arguments["SDP"], words.arguments["COLOR"]) == ("-", "-")


@pytest.mark.parametrize("usage", [usage for usage, _ in COMMANDS.values()], ids=lambda usage: usage.command)
def test_help_names_every_option_of_the_command(usage: Usage, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*usage.command.split(), "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    for name, option in OPTIONS.items():
        assert (f"--{name}" in text.split()) == (usage.command in option.commands), name
    assert max(map(len, text.splitlines())) <= 120


def test_help_and_version_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--help"]) == 0
    assert "changebg models describe FILE" in capsys.readouterr().out
    assert main(["--help"]) == 0
    assert "changebg SDP BACKGROUND COLOR RTP_URL PAYLOAD_TYPE" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("changebg ")


def test_help_and_refusals_load_nothing_heavy() -> None:
    script = (
        "import sys; from gateway.cli.main import main\n"
        "main(['--help']); main(['relay', 'x', '--bitrate', '2Q']); main(['serve', '--host', '0.0.0.0'])\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "nothing to do: try changebg demo"),
        (["dmo"], "'dmo' is no command and no file, did you mean demo?"),
        (
            ["nowhere.sdp", "beach.jpg"],
            "'nowhere.sdp' is no command and no file: expected relay, file, serve, demo, keycolor, models, or",
        ),
        (["models"], "models: a second word is missing: expected list, describe, check or convert-keras"),
        (["models", "lst"], "models: 'lst' is no command, did you mean list?: expected list, describe, check"),
        (["models", "check", "rvm.onnx"], "the following arguments are required: PICTURE; see changebg models check"),
        (["models", "list", "--models-dir", "no/such"], "--models-dir 'no/such': expected a folder"),
        (["relay", "call.sdp"], "the following arguments are required: BACKGROUND, COLOR, RTP_URL, PAYLOAD_TYPE"),
        ([*FIVE, "97"], "unexpected argument '97'"),
        (["~no-such-user/call.sdp", "color:102030", *FIVE[2:]], "SDP '~no-such-user/call.sdp': No such file"),
        ([*FIVE, "--config", "~no-such-user/call.toml"], "--config '~no-such-user/call.toml': No such file"),
        (["file", "~no-such-user/a.mp4", "b.mp4", *NEW_SCENE], "INPUT '~no-such-user/a.mp4': no such file"),
        (
            ["file", "a.mp4", "b.mp4", "--background", "~no-such-user/a.jpg", *NEW_SCENE[2:]],
            "INPUT 'a.mp4': no such file",
        ),
        ([*FIVE, "--bufer", "3"], "unknown option '--bufer', did you mean --buffer?"),
        ([*FIVE, "--buffer"], "argument --buffer: expected one argument"),
        ([*FIVE, "--buffer", "x"], "--buffer 'x': expected a number from 0 to 5000 ms"),
        ([*FIVE, "--bitrate=2Q"], "--bitrate '2Q': expected bits per second"),
        ([*FIVE, "--crf", "18"], "--crf: an option of changebg file, not of relay"),
        (
            [*FIVE, "--matting", "blue"],
            "--matting 'blue': expected chroma, plate, selfie, mediapipe, model, auto or none",
        ),
        ([*FIVE, "--matting", "model"], "--matting model: needs --model FILE, an .onnx or .tflite file"),
        ([*FIVE, "--view", "input"], "--view input: is of changebg file; a call shows composite, alpha or foreground"),
        ([*FIVE, "--codec", "prores"], "--codec prores: is of changebg file; a call sends h264 or vp8"),
        ([*FIVE, "--fit", "stretch"], "--fit 'stretch': expected cover, contain, fill or none"),
        ([*FIVE, "--focus", "2,0"], "--focus '2,0': expected X,Y, two numbers from 0 to 1, such as 0.5,0.3"),
        ([*FIVE, "--offset", "-400"], "--offset '-400': expected X,Y, two numbers from -16384 to 16384"),
        ([*FIVE, "--crop", "720x1280+a+0"], "--crop '720x1280+a+0': expected WxH+X+Y, W and H even"),
        ([*FIVE, "--rotate", "45"], "--rotate '45': expected 0, 90, 180 or 270"),
        ([*FIVE, "--light-wrap", "1.5"], "--light-wrap '1.5': expected a number from 0 to 1"),
        ([*FIVE, "--fade", "1"], "--fade: an option of changebg serve, not of relay"),
        ([*FIVE, "--snapshot-file", "still"], "--snapshot-file 'still': expected a name that ends in .png or .jpg"),
        ([*FIVE, "--snapshot-view", "alpha,room"], "--snapshot-view 'alpha,room': expected composite, alpha, foregr"),
        ([*FIVE, "--bind", "localhost"], "--bind 'localhost': expected an IPv4 or IPv6 address"),
        ([*FIVE, "--idle-timeout", "soon"], "--idle-timeout 'soon': expected seconds, or off"),
        ([*FIVE, "--config", "/no/such.toml"], "--config '/no/such.toml': No such file or directory"),
        (["file", "a.mp4", "b.mp4", "--color", "00ff00"], "--background: missing"),
        (["file", "a.mp4", "rtp://h:5004", "--crf", "3", *NEW_SCENE], "--crf 3.0: is of files; rtp:// takes --bitrate"),
        (["demo", "--seconds", "0"], "--seconds '0': expected a number from 1 to 86400"),
    ],
)
def test_a_wrong_word_is_refused_in_one_line(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refusal(words, capsys).startswith(sentence)


def test_what_is_repeated_of_the_input_is_short_and_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(refusal([*FIVE, "--preset", "x\ny" * 1000], capsys)) < 250


def test_a_variable_is_named_in_the_refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHANGEBG_PRESET", "warp")
    assert refusal(FIVE, capsys).startswith("CHANGEBG_PRESET 'warp': expected ultrafast")


def test_a_configuration_file_may_be_named_by_a_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "call.toml"
    config.write_text("buffer = 40\n")
    monkeypatch.setenv("CHANGEBG_CONFIG", str(config))
    assert parse(RELAY, FIVE).settings.buffer == pytest.approx(0.04)


def test_a_fault_of_ours_is_one_line_and_a_traceback_with_debug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(words: object) -> int:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setitem(COMMANDS, "demo", (COMMANDS["demo"][0], broken))
    assert main(["demo"]) == 1
    assert capsys.readouterr().err == (
        "changebg: ZeroDivisionError: by nothing (a fault of changebg itself; --debug shows where)\n"
    )
    assert main(["demo", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err
    for word, is_wanted in (("1", True), ("0", False), ("off", False)):
        monkeypatch.setenv("CHANGEBG_DEBUG", word)
        assert main(["demo"]) == 1
        assert ("Traceback" in capsys.readouterr().err) == is_wanted


TEAL = Color.parse("2a6a84")


def matting(settings: Settings, color: str | None) -> Matting:
    return effect(settings, background="color:000000", color=color).matting


def test_a_colour_means_the_plain_screen_key() -> None:
    made = effect(Settings(), background="color:102030", color="0x2A6A84")
    assert made.matting == ScreenKey(TEAL)
    assert made.background == ColorBackground(Color(0x10, 0x20, 0x30))


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (Settings(similarity=0.1), FfmpegKey(TEAL, similarity=0.1)),
        (Settings(blend=0.2), FfmpegKey(TEAL, blend=0.2)),
        (Settings(keyer="ffmpeg"), FfmpegKey(TEAL)),
        (Settings(keyer="unmix"), ScreenKey(TEAL)),
    ],
)
def test_ffmpegs_own_parameters_select_ffmpegs_keyer(settings: Settings, key: object) -> None:
    assert effect(settings, background="color:000000", color="2a6a84").matting == key


def test_ffmpegs_parameters_contradict_the_other_keyer() -> None:
    with pytest.raises(ArgumentError, match="--similarity belongs to --keyer ffmpeg"):
        effect(Settings(keyer="unmix", similarity=0.1), background="color:000000", color="2a6a84")


@pytest.mark.parametrize("color", ["-", "auto", "2a6a84", None])
def test_matting_none_needs_no_colour(color: str | None) -> None:
    assert matting(Settings(matting="none"), color) == NoMatting()


@pytest.mark.parametrize(
    ("color", "settings", "key"),
    [
        ("auto", Settings(), ScreenKey()),
        ("-", Settings(matting="chroma"), ScreenKey()),
        (None, Settings(matting="chroma"), ScreenKey()),
        ("2a6a84", Settings(exact_color=True), ScreenKey(TEAL, exact=True)),
        ("auto", Settings(shadow="keep"), ScreenKey(shadow="keep")),
        ("2a6a84", Settings(shadow="remove"), ScreenKey(TEAL)),
    ],
)
def test_a_screens_colour_is_found_or_typed(color: str | None, settings: Settings, key: ScreenKey) -> None:
    assert matting(settings, color) == key


IMAGE = PlateImage(Path("empty-room.png"))
TASK, WEIGHTS, SPEC = Path("multiclass.task"), Path("rvm.onnx"), Path("rvm.toml")
PERSON = Settings(matting="selfie")


@pytest.mark.parametrize(
    ("color", "settings", "key"),
    [
        ("-", Settings(plate=IMAGE), PlateKey(IMAGE)),
        (None, Settings(plate=FirstFrames(30), shadow="keep"), PlateKey(FirstFrames(30), shadow="keep")),
        ("auto", Settings(matting="plate", plate=IMAGE), PlateKey(IMAGE)),
        ("2a6a84", Settings(matting="plate", plate=Learned()), PlateKey(Learned())),
        ("-", Settings(matting="plate"), PlateKey(Learned())),
    ],
)
def test_a_plate_is_a_matting_of_its_own(color: str | None, settings: Settings, key: PlateKey) -> None:
    assert matting(settings, color) == key


@pytest.mark.parametrize(
    ("color", "settings", "sentence"),
    [
        ("2a6a84", Settings(plate=IMAGE), "--plate beside COLOR 2a6a84: expected one of the two, or --matting plate"),
        ("auto", Settings(plate=IMAGE), "--plate beside COLOR auto: expected one of the two, or --matting plate"),
        (
            "-",
            Settings(plate=IMAGE, matting="chroma"),
            "--plate belongs to --matting plate, selfie, mediapipe, model or auto, not to --matting chroma",
        ),
        ("-", Settings(exact_color=True), "--exact-color belongs to --matting chroma, not to --matting auto"),
        ("-", Settings(shadow="keep"), "--shadow belongs to --matting chroma or plate, not to --matting auto"),
        (
            "-",
            replace(PERSON, model=WEIGHTS),
            "--model belongs to --matting model or mediapipe, not to --matting selfie",
        ),
        (
            "-",
            Settings(model=TASK, model_spec=SPEC),
            "--model-spec belongs to --matting model, not to --matting mediapipe",
        ),
        ("-", Settings(model=WEIGHTS, chair=True), "--chair belongs to --matting mediapipe, not to --matting model"),
        ("-", Settings(category=("hair",)), "--category belongs to --matting mediapipe, not to --matting auto"),
        ("2a6a84", Settings(model=WEIGHTS), "--model beside COLOR 2a6a84: expected one of the two, or --matting model"),
        ("auto", Settings(model=TASK), "--model beside COLOR auto: expected one of the two, or --matting mediapipe"),
        ("-", Settings(plate=IMAGE, blend=0.0), "--blend belongs to --matting chroma, not to --matting plate"),
        ("-", Settings(plate=IMAGE, exact_color=True), "--exact-color belongs to --matting chroma, not to"),
        ("-", Settings(matting="plate", keyer="unmix"), "--keyer belongs to --matting chroma, not to --matting plate"),
        ("auto", Settings(exact_color=True), "--exact-color: expected a typed COLOR such as 2a6a84 beside it"),
        ("auto", Settings(similarity=0.1), "COLOR auto: --keyer ffmpeg needs a typed one; changebg keycolor finds it"),
        ("2a6a84", Settings(keyer="ffmpeg", shadow="keep"), "--shadow belongs to --keyer unmix, not to --keyer ffmpeg"),
        ("tael", Settings(matting="none"), "COLOR 'tael' is not a colour: six hexadecimal digits .*, or auto$"),
        ("tael", Settings(matting="plate"), "COLOR 'tael' is not a colour"),
    ],
)
def test_what_contradicts_or_plays_no_part_is_refused(color: str, settings: Settings, sentence: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{sentence}"):
        matting(settings, color)


@pytest.mark.parametrize(
    ("color", "settings", "key"),
    [
        ("-", Settings(), AutoKey()),
        (None, Settings(), AutoKey()),
        ("2a6a84", Settings(matting="auto", plate=IMAGE), AutoKey(TEAL, IMAGE)),
        ("auto", Settings(matting="auto"), AutoKey()),
        ("-", PERSON, SelfieKey()),
        ("2a6a84", replace(PERSON, plate=FirstFrames(30)), SelfieKey(FirstFrames(30))),
        ("-", Settings(matting="mediapipe"), MediapipeKey()),
        ("-", Settings(model=TASK, category=("hair", "4"), chair=True), MediapipeKey(TASK, ("hair", "4"), chair=True)),
        ("-", Settings(model=WEIGHTS), ModelKey(WEIGHTS)),
        (None, Settings(model=WEIGHTS, model_spec=SPEC, plate=IMAGE), ModelKey(WEIGHTS, SPEC, IMAGE)),
        ("auto", Settings(matting="model", model=WEIGHTS), ModelKey(WEIGHTS)),
    ],
)
def test_without_a_colour_the_matting_is_a_person_s_a_model_s_or_chosen_by_itself(
    color: str | None, settings: Settings, key: Matting
) -> None:
    assert matting(settings, color) == key


def test_categories_are_typed_one_by_one_or_with_commas() -> None:
    words = ["--matting", "mediapipe", "--category", "hair, clothes", "--category=4"]
    settings = parse(RELAY, [*FIVE[:2], "-", *FIVE[3:], *words]).settings
    assert matting(settings, "-") == MediapipeKey(categories=("hair", "clothes", "4"))


def test_the_edge_is_what_the_options_say() -> None:
    words = [
        "--clip=0.1,0.9",
        "--shrink",
        "-1.5",
        "--feather=2",
        "--despill",
        "0.5",
        "--garbage=out.png",
        "--holdout=in.png",
    ]
    settings = parse(RELAY, [*FIVE, *words]).settings
    assert effect(settings, background="color:000000", color="auto").edge == Edge(
        clip=(0.1, 0.9), shrink=-1.5, feather=2, despill=0.5, garbage=Path("out.png"), holdout=Path("in.png")
    )
    assert effect(Settings(), background="color:000000", color="auto").edge == Edge()


def test_a_value_below_zero_is_no_option_and_an_amount_may_stand_alone() -> None:
    words = ["--light-wrap", *FIVE, "--offset", "-400,-1600", "--color-match", "0.25", "--shrink", "-.5"]
    parsed = parse(RELAY, words)
    settings = parsed.settings
    assert (settings.offset, settings.light_wrap, settings.color_match) == ((-400, -1600), 0.5, 0.25)
    assert (parsed.arguments["SDP"], settings.shrink) == (FIVE[0], -0.5)
    edge = effect(settings, background="beach.jpg", color="auto").edge
    assert (edge.light_wrap, edge.color_match) == (0.5, 0.25)


def test_an_amount_that_stands_alone_takes_no_file_for_its_value() -> None:
    words = ["--color-match", "2024.mp4", "out.mp4", *NEW_SCENE]
    assert parse(FILE, words).arguments["INPUT"] == "2024.mp4"


@pytest.mark.parametrize(("typed", "share"), [("true", 0.5), ("off", 0.0), ("1", 1.0)])
def test_an_amount_is_switched_on_and_off_in_a_file_as_well(typed: str, share: float, tmp_path: Path) -> None:
    config = tmp_path / "call.toml"
    config.write_text(f"light-wrap = '{typed}'\n")
    assert parse(RELAY, [*FIVE, "--config", str(config)]).settings.light_wrap == share


@pytest.mark.parametrize("color", ["2a6a8", "teal", "0x2a6a84ff", "#zzzzzz", ""])
def test_a_wrong_colour_names_the_argument(color: str) -> None:
    with pytest.raises(ArgumentError, match=r"COLOR .* is not a colour: six hexadecimal digits"):
        effect(Settings(), background="color:000000", color=color)


def test_file_and_relay_do_not_share_positional_words() -> None:
    assert [name for name, _ in FILE.arguments] == ["INPUT", "OUTPUT"]
    assert [name for name, _ in RELAY.arguments] == ["SDP", "BACKGROUND", "COLOR", "RTP_URL", "PAYLOAD_TYPE"]
