"""What to look at twice after a scan, and how a nurse is told: never with the value itself."""

from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class WarningCode(StrEnum):
    """See TEXTS."""

    ACCENTS_LOST = "accents-lost"
    WRONG_ENCODING = "wrong-encoding"
    TYPING_MODE_ON = "typing-mode-on"
    WRONG_KEYBOARD = "wrong-keyboard"
    LINE_BROKEN = "line-broken"
    FULL_WIDTH = "full-width"
    LETTER_FOR_DIGIT = "letter-for-digit"
    ZERO_MISSING = "zero-missing"
    SCANNED_TWICE = "scanned-twice"
    TWO_CARDS = "two-cards"
    TEXT_BEFORE = "text-before"
    TOO_LONG = "too-long"
    INCOMPLETE = "incomplete"
    UNKNOWN_FIELDS = "unknown-fields"
    UNKNOWN_LAYOUT = "unknown-layout"
    UNKNOWN_CODE = "unknown-code"
    PAYMENT_CODE = "payment-code"
    PAYMENT_CODE_DAMAGED = "payment-code-damaged"
    SEVERAL_MEANINGS = "several-meanings"

    NAME_MISSING = "name-missing"
    NAME_DAMAGED = "name-damaged"
    NAME_UNACCENTED = "name-unaccented"
    NAME_CUT = "name-cut"
    SEX_UNREADABLE = "sex-unreadable"
    BIRTH_DATE_UNREADABLE = "birth-date-unreadable"
    DATE_UNREADABLE = "date-unreadable"
    NUMBER_UNREADABLE = "number-unreadable"
    NUMBER_MADE_UP = "number-made-up"
    CENTURY_UNKNOWN = "century-unknown"

    SEX_DIFFERS = "sex-differs"
    BIRTH_YEAR_DIFFERS = "birth-year-differs"
    BIRTH_YEAR_IMPOSSIBLE = "birth-year-impossible"
    BIRTHPLACE_UNKNOWN = "birthplace-unknown"

    CHECK_CHARACTER = "check-character"
    MRZ_DOCUMENT_NUMBER = "mrz-document-number"
    MRZ_PERSONAL_NUMBER = "mrz-personal-number"
    MRZ_BIRTH_DATE = "mrz-birth-date"
    MRZ_EXPIRY = "mrz-expiry"
    MRZ_COMPOSITE = "mrz-composite"
    MRZ_NUMBERS_DIFFER = "mrz-numbers-differ"
    FOREIGN_CARD = "foreign-card"
    CHIP_DAMAGED = "chip-damaged"
    OLD_TELEPHONE = "old-telephone"


class Text(NamedTuple):
    """A warning in words. vi, en: the languages of the pages."""

    vi: str
    en: str


_W = WarningCode

TEXTS = MappingProxyType(
    {
        _W.ACCENTS_LOST: Text(
            "Máy quét làm mất dấu tiếng Việt. Hãy so họ tên và địa chỉ với thẻ trước khi lưu.",
            "The scanner lost Vietnamese accents. Compare name and address with the card before saving.",
        ),
        _W.WRONG_ENCODING: Text(
            "Máy quét gửi sai bảng mã, chữ đã được chuyển lại. Hãy so họ tên và địa chỉ với thẻ.",
            "The scanner sent a wrong encoding; the letters were converted back. Compare them with the card.",
        ),
        _W.TYPING_MODE_ON: Text(
            "Có vẻ bộ gõ tiếng Việt (Telex hoặc VNI) làm sai chữ khi quét. Hãy tắt bộ gõ rồi quét lại.",
            "Vietnamese typing (Telex or VNI) seems to have changed the scan. Switch it off and scan again.",
        ),
        _W.WRONG_KEYBOARD: Text(
            "Kiểu bàn phím không khớp với máy quét. Hãy chuyển sang bàn phím Anh (US) rồi quét lại.",
            "The computer's keyboard layout does not fit the scanner. Switch to English (US) and scan again.",
        ),
        _W.LINE_BROKEN: Text(
            "Chuỗi quét bị ngắt dòng hoặc có ký tự lạ ở giữa. Hãy kiểm tra các mục đã điền.",
            "The scan has line breaks or stray characters in it. Check what was filled in.",
        ),
        _W.FULL_WIDTH: Text(
            "Chữ hoặc số được gõ ở dạng rộng (toàn khổ); đã đổi về dạng thường.",
            "Letters or digits were typed in their wide form; they were changed to the usual one.",
        ),
        _W.LETTER_FOR_DIGIT: Text(
            "Có chữ O, I hoặc l ở chỗ phải là số 0 hoặc 1; đã đổi thành số. Hãy so với thẻ.",
            "There was a letter O, I or l where a 0 or 1 belongs; it was taken as the digit. Compare it.",
        ),
        _W.ZERO_MISSING: Text(
            "Số này thiếu số 0 ở đầu; đã thêm vào. Hãy so với thẻ.",
            "The number lacks its leading 0; it was added. Compare it with the card.",
        ),
        _W.SCANNED_TWICE: Text(
            "Cùng một mã đã được quét hai lần liền nhau; chỉ lấy một lần.",
            "The same code was scanned twice in a row; it was taken once.",
        ),
        _W.TWO_CARDS: Text(
            "Hai mã khác nhau bị quét liền nhau. Chỉ mã đầu được điền; hãy xóa ô và quét lại từng thẻ.",
            "Two different codes ran together. Only the first was filled in; clear the box, scan each card.",
        ),
        _W.TEXT_BEFORE: Text(
            "Trong ô đã có chữ trước khi quét; phần đó được bỏ qua.",
            "There was text in the box before the scan; it was left out.",
        ),
        _W.TOO_LONG: Text(
            "Nội dung quá dài; phần cuối đã bị cắt.",
            "The text is too long; its end was cut off.",
        ),
        _W.INCOMPLETE: Text(
            "Mã quét thiếu phần cuối hoặc có mục bị hỏng. Hãy quét lại, hoặc điền tiếp bằng tay.",
            "The scan lacks its end, or a part of it is broken. Scan again, or fill in the rest by hand.",
        ),
        _W.UNKNOWN_FIELDS: Text(
            "Thẻ có thêm mục mà hệ thống chưa biết; các mục đó được giữ nguyên, không điền vào đâu.",
            "The card has parts that are not known yet; they are kept as they are, filled in nowhere.",
        ),
        _W.UNKNOWN_LAYOUT: Text(
            "Thứ tự các mục trên thẻ này chưa được biết; chỉ số định danh được điền.",
            "The order of the parts of this card is not known; only the personal number was filled in.",
        ),
        _W.UNKNOWN_CODE: Text(
            "Không nhận ra loại mã này. Đây không phải mã trên thẻ căn cước hay thẻ BHYT.",
            "This kind of code is not known. It is not that of an identity or insurance card.",
        ),
        _W.PAYMENT_CODE: Text(
            "Đây là mã chuyển tiền, không phải giấy tờ của người bệnh.",
            "This is a payment code, not a paper of the patient.",
        ),
        _W.PAYMENT_CODE_DAMAGED: Text(
            "Mã chuyển tiền này bị hỏng hoặc bị cắt.",
            "This payment code is damaged or cut.",
        ),
        _W.SEVERAL_MEANINGS: Text(
            "Dãy số này có thể là nhiều loại số khác nhau (ví dụ số BHYT hoặc số điện thoại). Hãy hỏi lại.",
            "These digits may be numbers of several kinds (say insurance or telephone). Ask which.",
        ),
        _W.NAME_MISSING: Text("Không có họ tên.", "There is no name."),
        _W.NAME_DAMAGED: Text(
            "Họ tên có ký tự không thể có trong tên người. Hãy gõ lại theo thẻ.",
            "The name has characters that names do not have. Type it again from the card.",
        ),
        _W.NAME_UNACCENTED: Text(
            "Họ tên ở dòng mã máy đọc không có dấu. Không dùng để thay họ tên đã lưu.",
            "The machine-readable name has no accents. It must not replace a stored name.",
        ),
        _W.NAME_CUT: Text(
            "Họ tên ở dòng mã máy đọc có thể bị cắt vì quá dài.",
            "The machine-readable name may have been cut for lack of space.",
        ),
        _W.SEX_UNREADABLE: Text("Không đọc được giới tính.", "The sex could not be read."),
        _W.BIRTH_DATE_UNREADABLE: Text(
            "Ngày sinh không đọc được hoặc không có trong lịch.",
            "The birth date could not be read, or is not in the calendar.",
        ),
        _W.DATE_UNREADABLE: Text(
            "Một ngày trên giấy tờ không đọc được hoặc không có trong lịch.",
            "A date on the paper could not be read, or is not in the calendar.",
        ),
        _W.NUMBER_UNREADABLE: Text(
            "Một số trên giấy tờ không đọc được.", "A number on the paper could not be read."
        ),
        _W.NUMBER_MADE_UP: Text(
            "Dãy số này giống số gõ cho có, không phải số của một người.",
            "These digits look like a filler, not like anybody's number.",
        ),
        _W.CENTURY_UNKNOWN: Text(
            "Không rõ năm sinh thuộc thế kỷ nào nên chưa điền ngày sinh.",
            "The century of the birth year is not certain, so the birth date was not filled in.",
        ),
        _W.SEX_DIFFERS: Text(
            "Giới tính không khớp với số định danh. Hãy hỏi và so với thẻ.",
            "The sex does not agree with the personal number. Ask, and compare with the card.",
        ),
        _W.BIRTH_YEAR_DIFFERS: Text(
            "Năm sinh không khớp với số định danh. Hãy hỏi và so với thẻ.",
            "The birth year does not agree with the personal number. Ask, and compare with the card.",
        ),
        _W.BIRTH_YEAR_IMPOSSIBLE: Text(
            "Theo số định danh này thì năm sinh còn ở tương lai. Hãy kiểm tra từng chữ số.",
            "By this personal number the birth year lies in the future. Check each digit.",
        ),
        _W.BIRTHPLACE_UNKNOWN: Text(
            "Ba số đầu của số định danh không phải mã tỉnh nào. Hãy kiểm tra từng chữ số.",
            "The first three digits of the personal number are no province's. Check each digit.",
        ),
        _W.CHECK_CHARACTER: Text(
            "Mã tạm bị gõ hoặc quét sai: ký tự kiểm tra không khớp. Hãy nhập lại.",
            "The temporary number was mistyped or misread: its check character is wrong. Enter it again.",
        ),
        _W.MRZ_DOCUMENT_NUMBER: Text(
            "Dòng mã máy đọc: số thẻ đọc sai.", "Machine-readable lines: the card number was misread."
        ),
        _W.MRZ_PERSONAL_NUMBER: Text(
            "Dòng mã máy đọc: số định danh đọc sai nên không được điền.",
            "Machine-readable lines: the personal number was misread and not filled in.",
        ),
        _W.MRZ_BIRTH_DATE: Text(
            "Dòng mã máy đọc: ngày sinh đọc sai nên không được điền.",
            "Machine-readable lines: the birth date was misread and not filled in.",
        ),
        _W.MRZ_EXPIRY: Text(
            "Dòng mã máy đọc: ngày hết hạn đọc sai nên không được điền.",
            "Machine-readable lines: the expiry date was misread and not filled in.",
        ),
        _W.MRZ_COMPOSITE: Text(
            "Dòng mã máy đọc: số kiểm tra chung không khớp. Hãy đọc lại thẻ.",
            "Machine-readable lines: the overall check digit is wrong. Read the card again.",
        ),
        _W.MRZ_NUMBERS_DIFFER: Text(
            "Dòng mã máy đọc: số thẻ và số định danh không cùng một người.",
            "Machine-readable lines: card number and personal number do not belong together.",
        ),
        _W.FOREIGN_CARD: Text(
            "Thẻ này không do Việt Nam cấp; số trên thẻ không phải số định danh.",
            "This card was not issued by Viet Nam; its number is no personal number.",
        ),
        _W.CHIP_DAMAGED: Text(
            "Dữ liệu chip bị thiếu hoặc hỏng. Hãy đặt lại thẻ lên máy đọc.",
            "The chip's data is incomplete or broken. Put the card on the reader again.",
        ),
        _W.OLD_TELEPHONE: Text(
            "Số điện thoại 11 số cũ đã được đổi sang 10 số (từ năm 2018).",
            "The old telephone number of 11 digits was changed to 10 (as since 2018).",
        ),
    }
)
