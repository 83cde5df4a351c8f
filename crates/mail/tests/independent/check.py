"""Reads the mails of a folder with Python's own `email` and with dkimpy:  check.py FOLDER

FOLDER/cases.json is a list of {"file", "expected", "signed"}; FOLDER/records.json has the TXT records by name. Prints one
line a problem, and the number of mails and signatures that were checked. Ends with 1 after a problem.
"""
import email
import email.header
import email.policy
import email.utils
import json
import pathlib
import sys

import dkim

# Any defect is an error.
POLICY = email.policy.default.clone(raise_on_defect=True)


def mailbox(message, older, name):
    addresses = message[name].addresses
    if len(addresses) != 1:
        raise ValueError(f"{name}: {len(addresses)} addresses")
    # The newer parser keeps the blank between two encoded words of a name, which RFC 2047 (6.2) drops; the older one
    # drops it.
    people, address = email.utils.parseaddr(older[name])
    if address != addresses[0].addr_spec:
        raise ValueError(f"{name}: {address!r} or {addresses[0].addr_spec!r}")
    return {"name": str(email.header.make_header(email.header.decode_header(people))), "address": address}


def content(message, kind):
    part = message.get_body(preferencelist=(kind,))
    return part and part.get_content().replace("\r\n", "\n")


def read(data):
    """What Python finds in a mail, in the form of the expectations."""
    message = email.message_from_bytes(data, policy=POLICY)
    older = email.message_from_bytes(data)
    for part in message.walk():
        if part.defects:
            raise ValueError(f"{part.get_content_type()}: {part.defects}")
        for name, value in part.items():
            if value.defects:
                raise ValueError(f"{name}: {value.defects}")
    return {
        "from": mailbox(message, older, "From"),
        "to": mailbox(message, older, "To"),
        "subject": str(message["Subject"]),
        "date": int(message["Date"].datetime.timestamp()),
        "id": str(message["Message-ID"]),
        "headers": message.keys(),
        "text": content(message, "plain"),
        "html": content(message, "html"),
        "files": [[part.get_filename(), part.get_content().hex()] for part in message.iter_attachments()],
    }


def differences(found, expected):
    for key, value in expected.items():
        if found[key] != value:
            yield f"{key}: found {found[key]!r}; expected {value!r}"


def verified(data, records):
    """Which signatures hold, the first one first."""
    def look_up(name, timeout=5):
        return records[name.decode().rstrip(".")].encode()

    def holds(number):
        try:
            return dkim.DKIM(data).verify(idx=number, dnsfunc=look_up)
        except dkim.ValidationError as why:
            if "body hash mismatch" in str(why):
                return False
            raise

    count = len(email.message_from_bytes(data).get_all("DKIM-Signature", []))
    return [holds(number) for number in range(count)]


def main(folder):
    folder = pathlib.Path(folder)
    records = json.loads((folder / "records.json").read_text())
    problems, signatures = [], 0
    cases = json.loads((folder / "cases.json").read_text())
    for case in cases:
        data = (folder / case["file"]).read_bytes()
        try:
            if "expected" in case:
                problems += [f"{case['file']}: {why}" for why in differences(read(data), case["expected"])]
            held = verified(data, records)
        except Exception as why:  # whatever it is, it is named beside the mail
            problems.append(f"{case['file']}: {type(why).__name__}: {why}")
            continue
        signatures += len(held)
        if held != case["signed"]:
            problems.append(f"{case['file']}: signatures that hold: {held}; expected {case['signed']}")
    print("\n".join(problems + [f"{len(cases)} mails, {signatures} signatures"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
