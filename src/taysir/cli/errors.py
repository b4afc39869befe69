"""What a command line cannot do, in words: words it does not know, files it cannot use.

``problem_of`` turns the operating system's refusal of a file, a folder or an address into an
error of the family, so that a verb need not foresee each of them and nobody reads a traceback
for a mistyped path. Faults of Taysir itself are not hidden here: they keep their traceback.
"""

from __future__ import annotations

import errno
from types import MappingProxyType
from typing import Final

from taysir.kernel.errors import ErrorKind, Mender, Problem, Retry, declare
from taysir.kernel.reasons import phrases

phrases(
    {
        "No such option: {}": "لا يوجد خيار باسم {}",
        "No such option: {} Did you mean {}?": "لا يوجد خيار باسم {}؛ لعلك تقصد {}",
        "No such option: {} (Possible options: {})": "لا يوجد خيار باسم {} (الخيارات: {})",
        "No such command {}.": "لا يوجد أمر باسم {}.",
        "No such command {}. Did you mean {}?": "لا يوجد أمر باسم {}؛ لعلك تقصد {}",
        "Missing argument {}.": "ينقص المعطى {}.",
        "Missing option {}.": "ينقص الخيار {}.",
        "Missing command.": "ينقص الأمر.",
        "Got unexpected extra argument ({})": "معطى زائد ({})",
        "Got unexpected extra arguments ({})": "معطيات زائدة ({})",
        "Option {} requires an argument.": "الخيار {} يحتاج إلى قيمة.",
        "Option {} does not take a value.": "الخيار {} لا يأخذ قيمة.",
        "Invalid value: {}": "القيمة غير مقبولة: {}",
        "Invalid value for {}: {}": "قيمة {} غير مقبولة: {}",
        "{} is not a valid integer.": "القيمة {} ليست عددا صحيحا.",
        "{} is not a valid float.": "القيمة {} ليست عددا.",
        "{} is not in the range {}.": "القيمة {} خارج المدى {}.",
        "{} is not one of {}.": "القيمة {} ليست من {}.",
        "File {} does not exist.": "الملف {} غير موجود.",
        "Directory {} does not exist.": "المجلد {} غير موجود.",
        "Path {} does not exist.": "المسار {} غير موجود.",
        "File {} is a directory.": "المسار {} مجلد لا ملف.",
        "Directory {} is a file.": "المسار {} ملف لا مجلد.",
    }
)

CLI_USAGE = declare(
    "CLI-0001",
    status=400,
    ar="لم يُفهم الأمر: {reason}",
    en="The command was not understood: {reason}",
    remedy_ar="اطلب المساعدة: {command} --help",
    remedy_en="Ask for help: {command} --help",
    mender=Mender.CALLER,
)
CLI_NOT_FOUND = declare(
    "CLI-0002",
    status=404,
    ar="لا يوجد ملف ولا مجلد باسم «{file}».",
    en="There is no file or folder “{file}”.",
    remedy_ar="صحّح المسار؛ والمسار النسبي يُقرأ من المجلد الذي تعمل فيه.",
    remedy_en="Correct the path; a relative one is read from the folder you are in.",
    mender=Mender.CALLER,
)
CLI_WRONG_KIND = declare(
    "CLI-0003",
    status=400,
    ar="«{file}» ملف والمطلوب مجلد، أو مجلد والمطلوب ملف.",
    en="“{file}” is a file where a folder is needed, or a folder where a file is.",
    remedy_ar="اطلب المساعدة بالخيار ‎--help لترى ما يُطلب.",
    remedy_en="See with --help which of the two the command takes.",
    mender=Mender.CALLER,
)
CLI_NOT_PERMITTED = declare(
    "CLI-0004",
    status=403,
    ar="لا يُسمح لهذا الحساب باستعمال «{file}».",
    en="This account may not use “{file}”.",
    remedy_ar="نفّذ الأمر بحساب صاحب الملف، أو غيّر صلاحيات الملف أو المجلد.",
    remedy_en="Run the command as the file's owner, or change the permissions of file or folder.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CLI_NO_SPACE = declare(
    "CLI-0005",
    status=507,
    ar="امتلأ القرص أو الحصة أثناء الكتابة.",
    en="The disk or quota was full while something was being written.",
    remedy_ar="أفرغ مساحة ثم أعد الأمر.",
    remedy_en="Free some space, then run the command again.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CLI_EXISTS = declare(
    "CLI-0006",
    status=409,
    ar="«{file}» موجود من قبل، ولم يُكتب فوقه.",
    en="“{file}” exists already and was not written over.",
    remedy_ar="اختر اسما آخر، أو انقل الموجود.",
    remedy_en="Choose another name, or move what is there.",
    mender=Mender.CALLER,
)
CLI_ADDRESS = declare(
    "CLI-0007",
    status=409,
    ar="لا يمكن الاستماع على العنوان: {reason}.",
    en="The address cannot be listened on: {reason}.",
    remedy_ar="اختر منفذا آخر، أو أوقف البرنامج الذي يستعمله.",
    remedy_en="Choose another port, or stop the program that uses it.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CLI_SYSTEM = declare(
    "CLI-0008",
    status=500,
    ar="رفض نظام التشغيل: {reason}.",
    en="The operating system refused: {reason}.",
    remedy_ar="أزل السبب المذكور ثم أعد الأمر.",
    remedy_en="Remove the cause that is named, then run the command again.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CLI_NO_BENCHMARK = declare(
    "CLI-0101",
    status=404,
    ar="لا يوجد قياس باسم «{name}»؛ الموجود: {known}.",
    en="There is no benchmark “{name}”; there are: {known}.",
    remedy_ar="اختر واحدا منها، أو لا تذكر اسما لتنفيذها كلها.",
    remedy_en="Choose one of them, or give no name to run all.",
    mender=Mender.CALLER,
)
CLI_NO_SOURCES = declare(
    "CLI-0102",
    status=404,
    ar="لا توجد نسخة المصدر في «{folder}»؛ يحتاج هذا الأمر إلى «{needed}» منها.",
    en="There is no source tree in “{folder}”; this command needs its “{needed}”.",
    remedy_ar="شغّل تيسير من نسخة من مستودع المصدر.",
    remedy_en="Run the launcher of a clone of the source repository.",
    mender=Mender.CALLER,
)

_KINDS: Final = MappingProxyType(
    {
        errno.ENOENT: CLI_NOT_FOUND,
        errno.ENOTDIR: CLI_WRONG_KIND,
        errno.EISDIR: CLI_WRONG_KIND,
        errno.EACCES: CLI_NOT_PERMITTED,
        errno.EPERM: CLI_NOT_PERMITTED,
        errno.EROFS: CLI_NOT_PERMITTED,
        errno.EEXIST: CLI_EXISTS,
        errno.ENOTEMPTY: CLI_EXISTS,
    }
)
_ADDRESS: Final = frozenset({errno.EADDRINUSE, errno.EADDRNOTAVAIL})
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def problem_of(error: OSError) -> Problem:
    """Return what the operating system refused as an error that people and programs can read."""
    number = error.errno or 0
    reason = error.strerror or str(error) or type(error).__name__
    if number in _ADDRESS:
        return Problem(CLI_ADDRESS, reason=reason)
    if number in _FULL:
        return Problem(CLI_NO_SPACE)
    kind: ErrorKind | None = _KINDS.get(number)
    if kind is None or error.filename is None:
        return Problem(CLI_SYSTEM, reason=reason)
    return Problem(kind, file=_shown(error.filename))


def _shown(file: object) -> str:
    return file.decode("utf-8", "replace") if isinstance(file, bytes) else str(file)
