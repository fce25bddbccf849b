"""Every word in the prose of the project is in the British dictionary or in docs/words.txt."""

import re
import subprocess
import sys

from documents import TOP, prose

LIST = TOP / "docs/words.txt"


def unknown(text):
    """The words of a text that the dictionary does not know."""
    run = subprocess.run(["hunspell", "-d", "en_GB", "-i", "UTF-8", "-l"], input=text, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def main():
    known = set(LIST.read_text().split("\n")) - {""}
    found = {}
    for place, text in prose().items():
        for word in unknown(re.sub(r"['’]s\b", "", text)):
            found.setdefault(word, set()).add(place)
    wrong = [f"{', '.join(sorted(found[word]))}: {word}" for word in sorted(set(found) - known)]
    order = [] if LIST.read_text().split() == sorted(known) else ["docs/words.txt: its words are not sorted"]
    print("\n".join(wrong + order))
    return 1 if wrong or order else 0


sys.exit(main())
