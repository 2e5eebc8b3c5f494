"""H264 parameter sets: found in a byte stream, and what the first of them says (ITU-T H.264 §7.3.2.1, Annex E).

Read for the size a session will have before its first picture is decoded, for profile and level in an SDP, and for how
far a decoder must look ahead to put pictures in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.rtp.payload.annex_b import nal_units
from gateway.rtp.payload.h264 import PPS, SPS

MAX_MACROBLOCKS_ACROSS: Final = 1055
"""Level 6.2: the square root of 8 times its 139264 macroblocks per frame (ITU-T H.264 §A.3.1)."""
MAX_OCTETS: Final = 1024
"""Of a parameter set: with every scaling list it takes a third of this."""

_CHROMA_PROFILES = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))
"""profile_idc whose SPS names a chroma format."""
_CROP_UNITS = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
"""Luma samples per cropping unit by ChromaArrayType, across and down (ITU-T H.264 table 6-1)."""
_EXTENDED_SAR = 255


@dataclass(frozen=True, slots=True)
class SequenceParameterSet:
    """What one SPS says. `width` and `height` are those of the cropped picture, in luma samples.

    `constraint_flags` is the octet between profile_idc and level_idc. `max_num_reorder_frames` is how many pictures may
    precede one in decoding order and follow it in output order; None where the stream does not say.
    """

    profile_idc: int
    constraint_flags: int
    level_idc: int
    width: int
    height: int
    max_num_reorder_frames: int | None

    @classmethod
    def parse(cls, nal: bytes) -> SequenceParameterSet:
        """From a NAL unit, its header octet included.

        Raises:
            ValueError: not an SPS, cut short, or a size no level allows.
        """
        if not 4 <= len(nal) <= MAX_OCTETS or nal[0] & 0x1F != SPS:
            raise ValueError(f"{len(nal)} bytes are no sequence parameter set")
        profile_idc, constraint_flags, level_idc = nal[1:4]
        bits = _Bits(nal[4:].replace(b"\0\0\3", b"\0\0"))
        bits.unsigned()  # seq_parameter_set_id
        chroma_array_type = _read_chroma(bits) if profile_idc in _CHROMA_PROFILES else 1
        _skip_picture_order(bits)
        width, height = _read_size(bits, chroma_array_type)
        reorder = _read_reorder(bits) if bits.flag() else None
        return cls(profile_idc, constraint_flags, level_idc, width, height, reorder)

    @property
    def profile_level_id(self) -> str:
        """The six hexadecimal digits of SDP (RFC 6184 §8.1)."""
        return f"{self.profile_idc:02x}{self.constraint_flags:02x}{self.level_idc:02x}"


def parameter_sets(data: bytes) -> tuple[bytes | None, bytes | None]:
    """The first SPS and the first PPS of an Annex B byte stream, as NAL units."""
    sps: bytes | None = None
    pps: bytes | None = None
    for unit in nal_units(data):
        if unit[0] & 0x1F == SPS:
            sps = sps or unit
        elif unit[0] & 0x1F == PPS:
            pps = pps or unit
        if sps and pps:
            break
    return sps, pps


class _Bits:
    """Reads an RBSP from its first bit."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """The next `count` bits as a number; ValueError at the end."""
        if count > self._left:
            raise ValueError("a sequence parameter set is cut short")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def flag(self) -> bool:
        return bool(self.take(1))

    def unsigned(self) -> int:
        """ue(v), at most 32 bits of it (ITU-T H.264 §9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("a number in a sequence parameter set is too long")
        return (1 << zeros) - 1 + self.take(zeros)

    def skip_numbers(self, count: int) -> None:
        """Pass over `count` ue(v) or se(v), which are equally long."""
        for _ in range(count):
            self.unsigned()

    def signed(self) -> int:
        """se(v) (ITU-T H.264 §9.1.1)."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _read_chroma(bits: _Bits) -> int:
    """ChromaArrayType; bit depths and scaling lists are passed over."""
    chroma_format_idc = bits.unsigned()
    if chroma_format_idc > 3:
        raise ValueError(f"chroma_format_idc {chroma_format_idc}")
    separate_planes = chroma_format_idc == 3 and bits.flag()
    bits.skip_numbers(2)  # bit depths of luma and chroma
    bits.flag()  # qpprime_y_zero_transform_bypass
    if bits.flag():
        for index in range(12 if chroma_format_idc == 3 else 8):
            if bits.flag():
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return 0 if separate_planes else chroma_format_idc


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    """ITU-T H.264 §7.3.2.1.1.1."""
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    """From log2_max_frame_num to gaps_in_frame_num_value_allowed_flag."""
    bits.unsigned()  # log2_max_frame_num_minus4
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.flag()  # delta_pic_order_always_zero
        bits.skip_numbers(2)  # offset_for_non_ref_pic, offset_for_top_to_bottom_field
        bits.skip_numbers(bits.unsigned())  # offset_for_ref_frame
    elif kind > 2:
        raise ValueError(f"pic_order_cnt_type {kind}")
    bits.unsigned()  # max_num_ref_frames
    bits.flag()  # gaps_in_frame_num_value_allowed


def _read_size(bits: _Bits, chroma_array_type: int) -> tuple[int, int]:
    """Width and height of the cropped picture."""
    across, down = bits.unsigned() + 1, bits.unsigned() + 1
    fields = 1 if bits.flag() else 2
    if fields == 2:
        bits.flag()  # mb_adaptive_frame_field
    bits.flag()  # direct_8x8_inference
    left = right = top = bottom = 0
    if bits.flag():
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
    unit_x, unit_y = _CROP_UNITS[chroma_array_type]
    width = 16 * across - (left + right) * unit_x
    height = 16 * down * fields - (top + bottom) * unit_y * fields
    if max(across, down * fields) > MAX_MACROBLOCKS_ACROSS or width < 1 or height < 1:
        raise ValueError(f"a picture of {width}x{height}")
    return width, height


def _read_reorder(bits: _Bits) -> int | None:
    """max_num_reorder_frames of the VUI parameters (ITU-T H.264 §E.1.1)."""
    if bits.flag() and bits.take(8) == _EXTENDED_SAR:
        bits.take(32)
    if bits.flag():
        bits.flag()  # overscan_appropriate
    if bits.flag():
        bits.take(4)  # video_format, full range
        if bits.flag():
            bits.take(24)  # colour description
    if bits.flag():
        bits.skip_numbers(2)  # chroma sample location
    if bits.flag():
        bits.take(65)  # timing
    nal_hrd = _skip_hrd(bits)
    if _skip_hrd(bits) or nal_hrd:
        bits.flag()  # low_delay_hrd
    bits.flag()  # pic_struct_present
    if not bits.flag():
        return None
    bits.flag()  # motion_vectors_over_pic_boundaries
    bits.skip_numbers(4)  # largest picture and macroblock, longest vectors
    return bits.unsigned()


def _skip_hrd(bits: _Bits) -> bool:
    """Pass over the HRD parameters (ITU-T H.264 §E.1.2) if there are any; whether there were."""
    if not bits.flag():
        return False
    count = bits.unsigned() + 1
    bits.take(8)  # scales
    for _ in range(count):
        bits.skip_numbers(2)  # bit rate, buffer size
        bits.flag()  # cbr
    bits.take(20)  # lengths of fields
    return True
