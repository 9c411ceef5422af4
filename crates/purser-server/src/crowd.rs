//! Connections: how many there may be, how they are shared, and who has to go when there are too many.
//!
//! Until a peer has shown a certificate or a token that holds, all that is known of it is its address: it is a stranger, and makes
//! room for others. After that its connection counts as one of its user's.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::fair::Flow;
use crate::fair::share::{Verdict, judge};

/// How many may be about to go, and be too many until they have gone.
const LEAVING: usize = 16;
/// The bits of an IPv6 address that one site has to itself (RFC 6177).
const SITE_BITS: u128 = u128::MAX << 64;

/// All connections.
#[derive(Debug)]
pub(crate) struct Crowd(Mutex<State>);

#[derive(Debug)]
struct State {
    bound: usize,
    /// Those that are not about to go.
    present: usize,
    leaving: usize,
    last_number: u64,
    /// Of each address, the oldest first.
    strangers: HashMap<IpAddr, BTreeMap<u64, Arc<Notify>>>,
    known: HashMap<Flow, usize>,
}

/// One connection, until dropped.
#[derive(Debug)]
pub(crate) struct Guest {
    crowd: Arc<Crowd>,
    number: u64,
    origin: IpAddr,
    dismissal: Arc<Notify>,
    user: Option<Flow>,
}

impl Crowd {
    /// Nobody, of at most `bound`.
    pub(crate) fn new(bound: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            bound,
            present: 0,
            leaving: 0,
            last_number: 0,
            strangers: HashMap::new(),
            known: HashMap::new(),
        })))
    }

    /// Lets one in from `address`; `None`: there are too many, and none of them has to go for it. Who comes from an
    /// address that has its share already takes the place of the oldest from there.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Guest> {
        let origin = origin(address);
        let mut state = self.0.lock();
        let from_there = state.strangers.get(&origin).map_or(0, BTreeMap::len);
        let makes_room = match judge(from_there, 1, state.bound.saturating_sub(state.present)) {
            Verdict::Takes => true,
            Verdict::HoldsTooMuch => state.dismiss(origin),
            Verdict::NoRoom => state.most_strangers().is_some_and(|origin| state.dismiss(origin)),
        };
        if !makes_room {
            return None;
        }
        state.present += 1;
        state.last_number += 1;
        let (number, dismissal) = (state.last_number, Arc::new(Notify::new()));
        let there = state.strangers.entry(origin).or_default();
        there.insert(number, Arc::clone(&dismissal));
        Some(Guest {
            crowd: Arc::clone(self),
            number,
            origin,
            dismissal,
            user: None,
        })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        let state = self.0.lock();
        state.present + state.leaving
    }
}

impl State {
    /// Tells the oldest stranger from `origin` to go; `false`: there is none, or too many are about to go.
    fn dismiss(&mut self, origin: IpAddr) -> bool {
        if self.leaving >= LEAVING {
            return false;
        }
        let oldest = self.strangers.get(&origin).and_then(|there| there.keys().next());
        let Some(dismissal) = oldest.copied().and_then(|oldest| self.forget(origin, oldest)) else {
            return false;
        };
        dismissal.notify_one();
        self.present -= 1;
        self.leaving += 1;
        true
    }

    /// Where most strangers are from.
    fn most_strangers(&self) -> Option<IpAddr> {
        let most = self.strangers.iter().max_by_key(|(_, there)| there.len());
        most.map(|(origin, _)| *origin)
    }

    /// Takes a stranger off the list, if it is on it.
    fn forget(&mut self, origin: IpAddr, number: u64) -> Option<Arc<Notify>> {
        let there = self.strangers.get_mut(&origin)?;
        let dismissal = there.remove(&number);
        if there.is_empty() {
            self.strangers.remove(&origin);
        }
        dismissal
    }
}

impl Guest {
    /// The peer is `user`, and need not go any more; `false`: he has too many connections, or it was told to go.
    pub(crate) fn introduce(&mut self, user: Flow) -> bool {
        let mut state = self.crowd.0.lock();
        let has = state.known.get(&user).copied().unwrap_or_default();
        let free = state.bound.saturating_sub(state.present);
        if judge(has, 1, free + 1) != Verdict::Takes || state.forget(self.origin, self.number).is_none() {
            return false;
        }
        state.known.insert(user.clone(), has + 1);
        self.user = Some(user);
        true
    }

    /// Returns when it has to go.
    pub(crate) async fn dismissed(&self) {
        self.dismissal.notified().await;
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut state = self.crowd.0.lock();
        match &self.user {
            Some(user) => {
                state.present -= 1;
                release(&mut state.known, user);
            }
            None if state.forget(self.origin, self.number).is_some() => state.present -= 1,
            None => state.leaving -= 1,
        }
    }
}

/// One less of `key`.
fn release<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// What of an address one site cannot choose.
fn origin(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & SITE_BITS)),
        four => four,
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use purser_types::User;

    use super::*;

    fn user(name: &str) -> Flow {
        Flow(Arc::new(User {
            name: name.to_owned(),
            ..User::default()
        }))
    }

    fn from(site: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, site])
    }

    fn has_to_go(guest: &Guest) -> bool {
        let dismissed = pin!(guest.dismissed());
        dismissed.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn strangers_from_one_address_do_not_keep_out_others() {
        let crowd = Crowd::new(8);
        let mut many: Vec<Guest> = (0..7).filter_map(|_| crowd.enter(from(1))).collect();
        assert_eq!((many.len(), crowd.count()), (7, 7));
        assert!(has_to_go(&many[0]), "the seventh is more than its share");
        assert!(!has_to_go(&many[1]));
        drop(many.remove(0));
        let others: Vec<Guest> = (2..=4).filter_map(|site| crowd.enter(from(site))).collect();
        assert_eq!(others.len(), 3);
        assert!(has_to_go(&many[0]), "there is no room: one of the most goes");
        assert!(!others.iter().any(has_to_go));
        drop((many, others));
        assert_eq!(crowd.count(), 0);
    }

    #[test]
    fn a_user_with_many_connections_does_not_keep_out_others() {
        let crowd = Crowd::new(8);
        let enter = |name| {
            let mut guest = crowd.enter(from(1))?;
            guest.introduce(user(name)).then_some(guest)
        };
        let greedy: Vec<Guest> = (0..20).filter_map(|_| enter("greedy")).collect();
        assert_eq!(greedy.len(), 6);
        let quiet: Vec<Guest> = (0..2).filter_map(|_| enter("quiet")).collect();
        assert_eq!((quiet.len(), enter("last").is_some()), (1, true));
        drop((greedy, quiet));
        assert_eq!(crowd.count(), 0);
    }

    #[test]
    fn the_oldest_that_is_still_here_has_to_go_and_few_go_at_once() {
        let crowd = Crowd::new(1);
        let mut leaving: Vec<Guest> = (0..=LEAVING).filter_map(|_| crowd.enter(from(1))).collect();
        assert_eq!(leaving.len(), LEAVING + 1);
        assert!(crowd.enter(from(1)).is_none());
        leaving.remove(0);
        let last = crowd.enter(from(2)).unwrap();
        assert!(leaving.iter().all(has_to_go) && !has_to_go(&last));
        let mut gone = leaving.remove(0);
        assert!(!gone.introduce(user("late")));
        drop((leaving, last, gone));
        assert_eq!(crowd.count(), 0);
    }

    #[test]
    fn a_site_is_one_origin() {
        let parse = |text: &str| origin(text.parse().unwrap());
        assert_eq!(parse("2001:db8::1"), parse("2001:db8:0:0:ff::2"));
        assert_ne!(parse("2001:db8::1"), parse("2001:db8:0:1::1"));
        assert_eq!(parse("::ffff:192.0.2.1"), from(1));
        assert_ne!(from(1), from(2));
    }
}
