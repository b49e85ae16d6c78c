"""One made-up card of each kind, all of one made-up person, and how chips and scanners would tell them."""

NUMBER = "045090000017"
NAME = "Hồ Văn Thử"
ADDRESS = "Thôn Mẫu, Hướng Lập, Hướng Hóa, Quảng Trị"
CITIZEN_CARD = f"{NUMBER}|191234567|{NAME}|15051990|Nam|{ADDRESS}|01072021"

ZONE = (
    "IDVNM0900000177045090000017<<4",
    "9005156M3005154VNM<<<<<<<<<<<2",
    "HO<<VAN<THU<<<<<<<<<<<<<<<<<<<",
)

INSURANCE_CARD = "|".join(
    [
        "GD4454500000017",
        NAME.encode().hex(),
        "15/05/1990",
        "1",
        "Thôn Mẫu, Hướng Lập".encode().hex(),
        "45 - 001",
        "01/01/2026",
        "-",
        "20/12/2025",
        "45",
        "-",
        "K2",
        "01/2024",
        "$",
    ]
)

PAYMENT = (
    "00020101021238570010A00000072701270006970415011300110019324180208QRIBFTTA530370454061200005802VN"
    "62170813ung ho lu lut6304C15C"
)

CHIP_TEXTS = {
    1: NUMBER,
    2: NAME,
    3: "15/05/1990",
    4: "Nam",
    5: "Việt Nam",
    6: "Bru-Vân Kiều",
    7: "Không",
    8: "Hướng Lập, Quảng Trị",
    9: ADDRESS,
    10: "Sẹo chấm 1 cm",
    11: "01/07/2021",
    12: "15/05/2030",
}


def element(tag: int, value: bytes) -> bytes:
    """BER: one tag, a length in the shortest definite form, the value."""
    size = len(value)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2)
    return bytes([tag]) + length + value


def chip_field(id_: int, *texts: str) -> bytes:
    """Several texts are nested once more, as the names of the parents are."""
    said = [element(0x0C, text.encode()) for text in texts]
    nested = said if len(said) == 1 else [element(0x30, one) for one in said]
    return element(0x30, element(0x02, bytes([id_])) + b"".join(nested))


def chip(texts: dict[int, str], *parents: str, more: bytes = b"") -> bytes:
    """Data group 13: the fields in a sequence with its version."""
    fields = b"".join(chip_field(id_, text) for id_, text in texts.items())
    fields += chip_field(13, *parents) if parents else b""
    return element(0x6D, element(0x30, element(0x02, b"\0") + element(0x30, fields + more)))
