"""A charm that keeps a book of visitors in its workload."""

import json

import ops

BOOK = "/book.txt"


class VisitorsCharm(ops.CharmBase):
    """Writes the book anew whenever its title or its visitors change."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        for event in (self.on.book_pebble_ready, self.on.config_changed, self.on.book_relation_changed):
            framework.observe(event, self._write)
        framework.observe(self.on.sign_action, self._sign)

    def _write(self, _: ops.EventBase) -> None:
        container = self.unit.get_container("book")
        if not container.can_connect():
            self.unit.status = ops.WaitingStatus("waiting for Pebble")
            return
        names = self._names()
        container.push(BOOK, "\n".join([self.config["title"], *names]) + "\n")
        self.unit.status = ops.ActiveStatus(f"visitors: {len(names)}")

    def _sign(self, event: ops.ActionEvent) -> None:
        names = [*self._names(), event.params["name"]]
        self.model.get_relation("book").data[self.app]["names"] = json.dumps(names)
        event.set_results({"visitors": len(names)})
        self._write(event)

    def _names(self) -> list[str]:
        return json.loads(self.model.get_relation("book").data[self.app].get("names", "[]"))


if __name__ == "__main__":
    ops.main(VisitorsCharm)
