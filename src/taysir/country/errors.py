"""Errors of the sample country: its data folder, its ports and its processes."""

from __future__ import annotations

from taysir.kernel.errors import Mender, Retry, declare

CTY_PORT_IN_USE = declare(
    "CTY-0001",
    status=409,
    ar="المنفذ {port} على هذا الجهاز مستخدم من برنامج آخر.",
    en="Port {port} of this machine is in use by another program.",
    remedy_ar="أوقف ذلك البرنامج، أو اختر منافذ أخرى: ‎./taysir up --port {suggestion}",
    remedy_en="Stop that program, or choose other ports: ./taysir up --port {suggestion}",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CTY_DISK = declare(
    "CTY-0002",
    status=507,
    ar="المساحة الحرة في {folder} هي {free_mb} م.ب، والمطلوب {needed_mb} م.ب على الأقل.",
    en="{folder} has {free_mb} MB free; at least {needed_mb} MB are needed.",
    remedy_ar="أفرغ مساحة، أو اختر مجلدا آخر: ‎./taysir up --data DIR",
    remedy_en="Free some space, or choose another folder: ./taysir up --data DIR",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CTY_FOREIGN_FOLDER = declare(
    "CTY-0003",
    status=409,
    ar="المجلد {folder} ليس فارغا وليس مجلد بيانات لتيسير.",
    en="The folder {folder} is not empty and is not a data folder of Taysir.",
    remedy_ar="اختر مجلدا فارغا: ‎./taysir up --data DIR. لم يتغير شيء في هذا المجلد.",
    remedy_en="Choose an empty folder: ./taysir up --data DIR. Nothing in it was changed.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CTY_OTHER_COUNTRY = declare(
    "CTY-0004",
    status=409,
    ar="مجلد البيانات {folder} أنشئ بعدد سكان {found} أو بإصدار آخر، والمطلوب {wanted}.",
    en="The data folder {folder} was made with {found}, and {wanted} is asked for.",
    remedy_ar="أعد الإنشاء بالخيار ‎--reset (يحذف بيانات العينة)، أو اترك الخيار.",
    remedy_en="Make it anew with --reset (deletes the sample data), or leave the option out.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CTY_ALREADY_RUNNING = declare(
    "CTY-0005",
    status=409,
    ar="الدولة النموذجية تعمل بالفعل من المجلد {folder} (العملية {pid}).",
    en="The sample country already runs from {folder} (process {pid}).",
    remedy_ar="افتح العنوان الذي يعرضه ‎./taysir status، أو أوقفها بالأمر ‎./taysir down",
    remedy_en="Open what ./taysir status shows, or stop it with ./taysir down",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CTY_NOT_RUNNING = declare(
    "CTY-0006",
    status=409,
    ar="الدولة النموذجية لا تعمل من المجلد {folder}.",
    en="The sample country does not run from {folder}.",
    remedy_ar="ابدأها بالأمر ‎./taysir up",
    remedy_en="Start it with ./taysir up",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CTY_PROCESS_FAILED = declare(
    "CTY-0007",
    status=500,
    ar="العملية {process} لم تصبح جاهزة خلال {seconds} ثانية.",
    en="The process {process} did not become ready within {seconds} seconds.",
    remedy_ar="اقرأ آخر أسطر السجل {log}، ثم نفّذ ‎./taysir doctor",
    remedy_en="Read the last lines of {log}, then run ./taysir doctor",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CTY_UNREADABLE_MANIFEST = declare(
    "CTY-0008",
    status=409,
    ar="ملف وصف البيانات {file} تالف أو كُتب بإصدار آخر.",
    en="The data folder's description {file} is damaged or of another version.",
    remedy_ar="أعد الإنشاء بالخيار ‎--reset، أو استرجع الملف من نسخة احتياطية.",
    remedy_en="Make the folder anew with --reset, or restore the file from a backup.",
    mender=Mender.OPERATOR,
    retry=Retry.AFTER_MENDING,
)
CTY_SIGN_IN = declare(
    "CTY-0010",
    status=400,
    ar="طلب الدخول لم يأت من جهة مسجلة.",
    en="The sign-in request did not come from a registered relying party.",
    remedy_ar="ابدأ الدخول من بوابة الخدمات.",
    remedy_en="Start signing in from the portal.",
    mender=Mender.CALLER,
)
