"""Every address of another site in the documents is in docs/links.txt, which has none too many: one look a year at that file is enough."""

import re
import sys

from documents import TOP, documents

LIST = TOP / "docs/links.txt"

# Addresses that lead nowhere: of examples, of the machine itself, and those in commands.
NOWHERE = re.compile(r"https?://([^/]*\.)?(example\.com|example\.org|localhost|127\.0\.0\.1|.*<)|https?://[^/]*amazonaws\.com")


def main():
    known = LIST.read_text().split()
    found = {}
    for path in documents():
        for address in re.findall(r"https?://\w[^\s)>`'\"|]+", path.read_text()):
            address = address.rstrip(".,;:")
            if not NOWHERE.match(address):
                found.setdefault(address, str(path.relative_to(TOP)))
    wrong = [f"{found[address]}: {address} is not in docs/links.txt" for address in sorted(set(found) - set(known))]
    idle = [f"docs/links.txt: nobody links to {address}" for address in sorted(set(known) - set(found))]
    order = [] if known == sorted(set(known)) else ["docs/links.txt: its addresses are not sorted"]
    print("\n".join(wrong + idle + order))
    return 1 if wrong or idle or order else 0


sys.exit(main())
