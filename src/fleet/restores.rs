//! Who replaces the forum, and who has stopped for it.

use crate::relations::restart::Request;

use super::Fleet;

impl Fleet {
    /// Another unit that replaces the forum, or is about to, and its request to stop: the newest, since a lost unit takes none back.
    #[must_use]
    pub fn restorer(&self) -> Option<(u32, Request)> {
        let requests = self.peers.iter().filter_map(|(number, peer)| Some((*number, peer.memory.request()?)));
        requests.filter(|(_, request)| request.is_live()).max_by_key(|(_, request)| request.time)
    }

    /// This unit's own request, while the others must be stopped for it.
    #[must_use]
    pub fn own_request(&self) -> Option<Request> {
        self.memory.request().filter(Request::is_live)
    }

    /// A unit that has not stopped for a request yet, also one that this unit has not met.
    #[must_use]
    pub fn yet_to_stop(&self, id: &str) -> Option<u32> {
        let mut serving = self.peers.iter().filter(|(_, peer)| peer.memory.restore_ack.as_deref() != Some(id));
        serving.next().map(|(number, _)| *number).or_else(|| self.unmet.first().copied())
    }
}
