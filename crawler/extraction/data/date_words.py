"""The words dates are printed with: month names, day halves, zone words, zones of countries and languages.

Plain tables, a language a line, so that a reader of that language can mend or add one. Matching is done on text
in lower case; a month may be given in full, inflected or short, a trailing full stop is always allowed.
"""

from collections.abc import Mapping

#: Language -> twelve entries, January first; several spellings of one month are separated by "|".
MONTHS: Mapping[str, str] = {
    "en": "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sept|sep "
    "october|oct november|nov december|dec",
    "de": "januar|jänner|jan|jän februar|feber|feb märz|maerz|mär|mrz april|apr mai juni|jun juli|jul august|aug "
    "september|sept|sep oktober|okt november|nov dezember|dez",
    "fr": "janvier|janv|jan février|fevrier|févr|fév mars avril|avr mai juin juillet|juil août|aout "
    "septembre|sept octobre|oct novembre|nov décembre|decembre|déc",
    "es": "enero|ene febrero|feb marzo|mar abril|abr mayo|may junio|jun julio|jul agosto|ago septiembre|setiembre|sep "
    "octubre|oct noviembre|nov diciembre|dic",
    "it": "gennaio|gen febbraio|feb marzo|mar aprile|apr maggio|mag giugno|giu luglio|lug agosto|ago settembre|set "
    "ottobre|ott novembre|nov dicembre|dic",
    "pt": "janeiro|jan fevereiro|fev março|marco|mar abril|abr maio|mai junho|jun julho|jul agosto|ago setembro|set "
    "outubro|out novembro|nov dezembro|dez",
    "ca": "gener|gen febrer|febr març abril maig juny juliol|jul agost|ag setembre|set octubre|oct novembre|nov "
    "desembre|des",
    "nl": "januari|jan februari|feb maart|mrt april|apr mei juni|jun juli|jul augustus|aug september|sep oktober|okt "
    "november|nov december|dec",
    "pl": "stycznia|styczeń|sty lutego|luty|lut marca|marzec|mar kwietnia|kwiecień|kwi maja|maj czerwca|czerwiec|cze "
    "lipca|lipiec|lip sierpnia|sierpień|sie września|wrzesień|wrz października|październik|paź "
    "listopada|listopad|lis grudnia|grudzień|gru",
    "cs": "ledna|leden února|únor března|březen dubna|duben května|květen června|červen července|červenec "
    "srpna|srpen září října|říjen listopadu|listopad prosince|prosinec",
    "sk": "januára|január februára|február marca|marec apríla|apríl mája|máj júna|jún júla|júl augusta|august "
    "septembra|september októbra|október novembra|november decembra|december",
    "hu": "január|jan február|febr március|márc április|ápr május|máj június|jún július|júl augusztus|aug "
    "szeptember|szept október|okt november|nov december|dec",
    "ro": "ianuarie|ian februarie|feb martie|mar aprilie|apr mai iunie|iun iulie|iul august|aug septembrie|sept "
    "octombrie|oct noiembrie|noi decembrie|dec",
    "hr": "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga|studenog prosinca",
    "sl": "januarja februarja marca aprila maja junija julija avgusta septembra oktobra novembra decembra",
    "sv": "januari|jan februari|feb mars|mar april|apr maj juni|jun juli|jul augusti|aug september|sep oktober|okt "
    "november|nov december|dec",
    "da": "januar|jan februar|feb marts|mar april|apr maj juni|jun juli|jul august|aug september|sep oktober|okt "
    "november|nov december|dec",
    "nb": "januar|jan februar|feb mars|mar april|apr mai juni|jun juli|jul august|aug september|sep oktober|okt "
    "november|nov desember|des",
    "fi": "tammikuuta|tammikuu helmikuuta|helmikuu maaliskuuta|maaliskuu huhtikuuta|huhtikuu toukokuuta|toukokuu "
    "kesäkuuta|kesäkuu heinäkuuta|heinäkuu elokuuta|elokuu syyskuuta|syyskuu lokakuuta|lokakuu "
    "marraskuuta|marraskuu joulukuuta|joulukuu",
    "is": "janúar febrúar mars apríl maí júní júlí ágúst september október nóvember desember",
    "et": "jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember",
    "lv": "janvāris|janvārī februāris|februārī marts|martā aprīlis|aprīlī maijs|maijā jūnijs|jūnijā jūlijs|jūlijā "
    "augusts|augustā septembris|septembrī oktobris|oktobrī novembris|novembrī decembris|decembrī",
    "lt": "sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio gruodžio",
    "tr": "ocak|oca şubat|şub mart|mar nisan|nis mayıs|may haziran|haz temmuz|tem ağustos|ağu eylül|eyl ekim|eki "
    "kasım|kas aralık|ara",
    "az": "yanvar fevral mart aprel may iyun iyul avqust sentyabr oktyabr noyabr dekabr",
    "id": "januari|jan februari|pebruari|feb maret|mar april|apr mei juni|jun juli|jul agustus|agu|ags "
    "september|sept|sep oktober|okt november|nopember|nov desember|des",
    "ms": "januari|jan februari|feb mac april|apr mei jun julai|jul ogos september|sep oktober|okt november|nov "
    "disember|dis",
    "ru": "января|янв февраля|фев марта|мар апреля|апр мая|май июня|июн июля|июл августа|авг сентября|сен "
    "октября|окт ноября|ноя декабря|дек",
    "uk": "січня|січ лютого|лют березня|бер квітня|кві травня|тра червня|чер липня|лип серпня|сер вересня|вер "
    "жовтня|жов листопада|лис грудня|гру",
    "bg": "януари февруари март април май юни юли август септември октомври ноември декември",
    "sr": "јануара|јануар фебруара|фебруар марта|март априла|април маја|мај јуна|јун јула|јул августа|август "
    "септембра|септембар октобра|октобар новембра|новембар децембра|децембар",
    "el": "ιανουαρίου|ιαν φεβρουαρίου|φεβ μαρτίου|μαρ απριλίου|απρ μαΐου|μαϊου|μαϊ ιουνίου|ιουν ιουλίου|ιουλ "
    "αυγούστου|αυγ σεπτεμβρίου|σεπ οκτωβρίου|οκτ νοεμβρίου|νοε δεκεμβρίου|δεκ",
    "he": "בינואר|ינואר בפברואר|פברואר במרץ|במרס|מרץ באפריל|אפריל במאי|מאי ביוני|יוני ביולי|יולי באוגוסט|אוגוסט "
    "בספטמבר|ספטמבר באוקטובר|אוקטובר בנובמבר|נובמבר בדצמבר|דצמבר",
    "ar": "يناير فبراير مارس|آذار أبريل|إبريل|نيسان مايو|أيار يونيو|يونيه|حزيران يوليو|يوليه|تموز أغسطس|آب "
    "سبتمبر|أيلول أكتوبر نوفمبر ديسمبر",
    "hi": "जनवरी फ़रवरी|फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर|सितम्बर अक्टूबर|अक्तूबर नवंबर|नवम्बर दिसंबर|दिसम्बर",
    "th": "มกราคม|ม.ค. กุมภาพันธ์|ก.พ. มีนาคม|มี.ค. เมษายน|เม.ย. พฤษภาคม|พ.ค. มิถุนายน|มิ.ย. กรกฎาคม|ก.ค. "
    "สิงหาคม|ส.ค. กันยายน|ก.ย. ตุลาคม|ต.ค. พฤศจิกายน|พ.ย. ธันวาคม|ธ.ค.",
    "af": "januarie februarie maart april mei junie julie augustus september oktober november desember",
    "sw": "januari februari machi aprili mei juni julai agosti septemba oktoba novemba desemba",
}

#: Words that move a printed hour: before the time (Chinese, Japanese, Korean) or after it (am, pm and their kin).
MORNING_WORDS = ("上午", "早上", "凌晨", "清晨", "早晨", "午前", "오전", "a.m.", "a. m.", "am", "π.μ.", "πμ", "öö")
EVENING_WORDS = ("下午", "晚上", "傍晚", "晚间", "晚間", "午後", "오후", "p.m.", "p. m.", "pm", "μ.μ.", "μμ")
NOON_WORDS = ("中午", "正午")

#: Zone words: hours east of Greenwich, or the name of the zone where daylight saving decides.
ZONE_WORDS: Mapping[str, float | str] = {
    "utc": 0,
    "gmt": 0,
    "z": 0,
    "格林尼治标准时间": 0,
    "格林尼治時間": 0,
    "格林尼治时间": 0,
    "格林威治标准时间": 0,
    "格林威治時間": 0,
    "世界标准时间": 0,
    "世界协调时": 0,
    "北京时间": 8,
    "北京時間": 8,
    "台北时间": 8,
    "台北時間": 8,
    "香港时间": 8,
    "香港時間": 8,
    "新加坡时间": 8,
    "东京时间": 9,
    "日本時間": 9,
    "首尔时间": 9,
    "美东时间": "America/New_York",
    "美國東部時間": "America/New_York",
    "美国东部时间": "America/New_York",
    "纽约时间": "America/New_York",
    "伦敦时间": "Europe/London",
    "bst": 1,
    "ist": "Asia/Kolkata",
    "wet": 0,
    "west": 1,
    "cet": "Europe/Berlin",
    "cest": 2,
    "mez": "Europe/Berlin",
    "mesz": 2,
    "eet": "Europe/Athens",
    "eest": 3,
    "msk": 3,
    "мск": 3,
    "sast": 2,
    "wat": 1,
    "cat": 2,
    "eat": 3,
    "gst": 4,
    "pkt": 5,
    "wib": 7,
    "wita": 8,
    "wit": 9,
    "ict": 7,
    "sgt": 8,
    "hkt": 8,
    "myt": 8,
    "pht": 8,
    "cst": "America/Chicago",
    "cdt": -5,
    "jst": 9,
    "kst": 9,
    "awst": 8,
    "acst": 9.5,
    "aest": "Australia/Sydney",
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
    "et": "America/New_York",
    "est": "America/New_York",
    "edt": -4,
    "ct": "America/Chicago",
    "mst": "America/Denver",
    "mdt": -6,
    "pt": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "pdt": -7,
    "brt": -3,
    "art": -3,
}

#: Countries with one civil time (or one that all national press uses), by ISO 3166 code in lower case.
COUNTRY_ZONES: Mapping[str, str] = {
    "cn": "Asia/Shanghai",
    "tw": "Asia/Taipei",
    "hk": "Asia/Hong_Kong",
    "mo": "Asia/Macau",
    "sg": "Asia/Singapore",
    "my": "Asia/Kuala_Lumpur",
    "jp": "Asia/Tokyo",
    "kr": "Asia/Seoul",
    "vn": "Asia/Ho_Chi_Minh",
    "th": "Asia/Bangkok",
    "la": "Asia/Vientiane",
    "kh": "Asia/Phnom_Penh",
    "ph": "Asia/Manila",
    "id": "Asia/Jakarta",
    "in": "Asia/Kolkata",
    "np": "Asia/Kathmandu",
    "bd": "Asia/Dhaka",
    "lk": "Asia/Colombo",
    "pk": "Asia/Karachi",
    "ir": "Asia/Tehran",
    "iq": "Asia/Baghdad",
    "il": "Asia/Jerusalem",
    "tr": "Europe/Istanbul",
    "sa": "Asia/Riyadh",
    "ae": "Asia/Dubai",
    "eg": "Africa/Cairo",
    "za": "Africa/Johannesburg",
    "ng": "Africa/Lagos",
    "ke": "Africa/Nairobi",
    "tz": "Africa/Dar_es_Salaam",
    "na": "Africa/Windhoek",
    "uk": "Europe/London",
    "gb": "Europe/London",
    "ie": "Europe/Dublin",
    "de": "Europe/Berlin",
    "at": "Europe/Vienna",
    "ch": "Europe/Zurich",
    "li": "Europe/Vaduz",
    "lu": "Europe/Luxembourg",
    "fr": "Europe/Paris",
    "be": "Europe/Brussels",
    "nl": "Europe/Amsterdam",
    "it": "Europe/Rome",
    "es": "Europe/Madrid",
    "pt": "Europe/Lisbon",
    "pl": "Europe/Warsaw",
    "cz": "Europe/Prague",
    "sk": "Europe/Bratislava",
    "hu": "Europe/Budapest",
    "ro": "Europe/Bucharest",
    "bg": "Europe/Sofia",
    "gr": "Europe/Athens",
    "hr": "Europe/Zagreb",
    "si": "Europe/Ljubljana",
    "rs": "Europe/Belgrade",
    "ua": "Europe/Kyiv",
    "by": "Europe/Minsk",
    "lt": "Europe/Vilnius",
    "lv": "Europe/Riga",
    "ee": "Europe/Tallinn",
    "fi": "Europe/Helsinki",
    "se": "Europe/Stockholm",
    "no": "Europe/Oslo",
    "dk": "Europe/Copenhagen",
    "is": "Atlantic/Reykjavik",
    "nz": "Pacific/Auckland",
    "ar": "America/Argentina/Buenos_Aires",
    "co": "America/Bogota",
    "pe": "America/Lima",
    "ve": "America/Caracas",
    "uy": "America/Montevideo",
}

#: Languages that name one country's time well enough; the many-country ones (en, es, fr, pt, ar, ru) are left out.
LANGUAGE_COUNTRIES: Mapping[str, str] = {
    "zh": "cn",
    "bo": "cn",
    "ug": "cn",
    "ii": "cn",
    "za": "cn",
    "ja": "jp",
    "ko": "kr",
    "vi": "vn",
    "th": "th",
    "lo": "la",
    "km": "kh",
    "hi": "in",
    "id": "id",
    "bn": "bd",
    "ne": "np",
    "ur": "pk",
    "fa": "ir",
    "he": "il",
    "tr": "tr",
    "de": "de",
    "it": "it",
    "nl": "nl",
    "pl": "pl",
    "cs": "cz",
    "sk": "sk",
    "hu": "hu",
    "ro": "ro",
    "bg": "bg",
    "el": "gr",
    "hr": "hr",
    "sl": "si",
    "sr": "rs",
    "uk": "ua",
    "lt": "lt",
    "lv": "lv",
    "et": "ee",
    "fi": "fi",
    "sv": "se",
    "nb": "no",
    "no": "no",
    "nn": "no",
    "da": "dk",
    "is": "is",
    "af": "za",
    "xh": "za",
    "zu": "za",
}
