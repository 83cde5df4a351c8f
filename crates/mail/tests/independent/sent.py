"""Reads mails that the program sent over SMTP, as strangers' programs would:  sent.py FOLDER

FOLDER/cases.json is a list of {"file", "subject", "text", "language", "is_measured"}; FOLDER/records.json has the TXT records
by name. Prints one line a problem, and what was checked. Ends with 1 after a problem.
"""
import email.header
import json
import pathlib
import re
import sys

import html5lib

import check

LONGEST = 998  # bytes of a line without its end (RFC 5322, 2.1.1)
SIGNED = ["from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post", "content-type"]


def lines(data):
    for number, line in enumerate(data.split(b"\r\n"), 1):
        if len(line) > LONGEST:
            yield f"line {number} has {len(line)} bytes"
        if b"\n" in line or b"\r" in line:
            yield f"line {number} has a bare line break"
        if not line.isascii():
            yield f"line {number} is not ASCII"


def signatures(message, data, records):
    tags = [dict(re.findall(r"([a-z]+)=([^;]*)", re.sub(r"\s", "", header))) for header in message.get_all("DKIM-Signature", [])]
    if sorted(tag["a"] for tag in tags) != ["ed25519-sha256", "rsa-sha256"]:
        yield f"algorithms: {[tag['a'] for tag in tags]}"
    for tag in tags:
        missing = set(SIGNED) - set(tag["h"].lower().split(":"))
        if missing:
            yield f"the signature {tag['a']} does not cover {sorted(missing)}"
    held = check.verified(data, records)
    if held != [True, True]:
        yield f"signatures that hold: {held}"


def way_out(message):
    link = str(message["List-Unsubscribe"])
    if not re.fullmatch(r"<https://leads\.acme\.test/u/[A-Za-z0-9_-]+>", link):
        yield f"List-Unsubscribe: {link}"
    if str(message["List-Unsubscribe-Post"]) != "List-Unsubscribe=One-Click":
        yield f"List-Unsubscribe-Post: {message['List-Unsubscribe-Post']}"
    if not re.search(r"<news\.acme\.test>$", str(message["List-Id"])):
        yield f"List-Id: {message['List-Id']}"


def markup(html, case):
    try:
        html5lib.HTMLParser(strict=True).parse(html)
    except html5lib.html5parser.ParseError as why:
        yield f"html5lib: {why}"
    if f'lang="{case["language"]}"' not in html:
        yield "no language"
    hidden = re.findall(r'<a href="https://leads\.acme\.test/t/c/[^"]*" tabindex="-1" aria-hidden="true"', html)
    pixels = re.findall(r'<img src="https://leads\.acme\.test/t/o/', html)
    expected = 1 if case["is_measured"] else 0
    if (len(hidden), len(pixels)) != (expected, expected):
        yield f"{len(hidden)} hidden links, {len(pixels)} pixels; expected {expected} each"
    if not case["is_measured"] and "/t/" in html:
        yield "a personal link in a mail that is not measured"


def problems(data, case, records):
    message = email.message_from_bytes(data, policy=check.POLICY)
    found = check.read(data)
    yield from lines(data)
    yield from signatures(message, data, records)
    yield from way_out(message)
    for key in ["subject", "text"]:
        if case[key] not in found[key]:
            yield f"{key}: found {found[key]!r}; expected {case[key]!r} in it"
    if "tabindex" in found["text"] or "aria-hidden" in found["text"]:
        yield "the text part has markup"
    if not re.fullmatch(r"<[A-Za-z0-9._-]+@acme\.test>", found["id"]):
        yield f"Message-ID: {found['id']}"
    yield from markup(found["html"], case)


def main(folder):
    folder = pathlib.Path(folder)
    records = json.loads((folder / "records.json").read_text())
    cases = json.loads((folder / "cases.json").read_text())
    all_problems, ids = [], set()
    for case in cases:
        data = (folder / case["file"]).read_bytes()
        try:
            ids.add(str(email.message_from_bytes(data)["Message-ID"]))
            all_problems += [f"{case['file']}: {why}" for why in problems(data, case, records)]
        except Exception as why:  # whatever it is, it is named beside the mail
            all_problems.append(f"{case['file']}: {type(why).__name__}: {why}")
    if len(ids) != len(cases):
        all_problems.append(f"{len(cases)} mails have {len(ids)} ids")
    print("\n".join(all_problems + [f"{len(cases)} mails: two signatures each, MIME, headers and HTML"]))
    return 1 if all_problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
