/*
 * One stripe that its process keeps. Three processes take it a few times each; each keeps it or not, gives
 * it back with a heartbeat or not, gives up between two tries, and may stop for good with what
 * it keeps, but not within an operation. One more comes after all of them. Every step may be the last of the process
 * that takes it.
 *
 * S and T are the kernel's locks, each the number of its holder, or 0: a death frees both. `bias` and
 * `inUse` are words of the mapping: a step reads or writes one of them, and all see it at once, so it
 * is not seen here what the fences are for. `intent` stands while somebody is in the stripe, and stays if he
 * dies there.
 *
 * Ghosts: `inside` is how many living ones are in the stripe, `broken` whether the last one there has
 * died with his intent, `lonely` whether all others have stopped or died. Nobody's steps depend on them.
 *
 * -DUNATTACHED: beside them one without the mapping, who needs both locks. -DVANDAL: once somebody writes 0
 * over one of the two words, or both. -DLOST: once a process loses the lock S that it keeps, and lives; nothing
 * is claimed of itself while it does not know. With either nothing is claimed of whether anybody gets the stripe.
 *
 * To see it fail: -DNO_LOOK (the owner does not look at the bias once it is in use), -DLOOK_FIRST (it does
 * before), -DNO_MARK (the bias is not marked as revoked), -DMARK_LAST (it is, once it was not in use),
 * -DNO_WAIT (who revokes does not look whether it is in use), -DCLEARS_ALONE (who revokes ends the bias with
 * T alone), -DS_ALONE (who gets S and finds a bias works without T), -DSEEN_EARLY (who gets S goes by the bias
 * that he saw before), -DNO_SECOND_LOOK (who gets T does not look again whether there is a bias), -DBEAT_ALONE (a
 * heartbeat gives S back without T), -DENDS_ALONE (the owner ends a revoked bias without T), -DNAMES_LATE
 * (who keeps the stripe names himself once he has let S go), -DDONE_EARLY (the bias is not in use any more before
 * the intent is withdrawn). With -DLOST: -DGOES_ON (the owner of a revoked bias goes on with the S that it
 * kept). With -DVANDAL: -DZERO_IS_NONE (a bias of 0 is none), -DZERO_IS_FREE (an `inUse` of 0
 * lets others in). With -DUNATTACHED: -DWITHOUT_T (the one without the mapping needs S alone).
 */

#ifndef CRASHES
#define CRASHES 2
#endif

/* How often each takes the stripe at most. */
#ifndef ROUNDS
#define ROUNDS 2
#endif

#define ATTACHED 3
#define LAST 4
#define WITHOUT 5
#define NUMBERS 6
#define NOBODY 0

/* A bias is the number of its owner, and the mark; or none; 0 says nothing. */
#define REVOKED 8
#define NONE 16
#define isOne(seen) ((seen) != 0 && (seen) != NONE)
#ifdef ZERO_IS_NONE
#define isNone(seen) (!isOne(seen))
#else
#define isNone(seen) ((seen) == NONE)
#endif

#define ownerOf(seen) ((seen) & 7)

/* Whether it is in use, by whose word; 0 says nothing. */
#define used(number) (number)
#define free(number) ((number) | 8)

/* How somebody has the stripe. */
#define NOT 0
#define BY_LOCK 1
#define BY_BIAS 2
#define BY_REVOCATION 3

/* The kernel's. */
byte S = NOBODY;
byte T = NOBODY;

/* In the mapping. */
byte bias = 0;
byte inUse = 0;
bool intent = false;

/* Whether each keeps S. */
bool keeps[NUMBERS];

byte deaths = 0;
byte running = 0;               /* neither dead nor stopped for good */

bool within[NUMBERS];

#ifdef LOST
#define isClaimed (kind != BY_BIAS || S == me)
#define isRuled false
#else
#define isClaimed true
#define isRuled true
#endif
byte inside = 0;
bool broken = false;

/* A step, or death instead: the kernel frees the locks, and all else stays. */
#define STEP(what)                                                           \
  if                                                                         \
  :: atomic { what }                                                         \
  :: atomic { deaths < CRASHES && me <= ATTACHED -> die(); goto end }        \
  fi

inline die() {
  deaths++;
  unlock(S);
  unlock(T);
  if :: within[me] -> within[me] = false; inside--; broken = intent :: else fi;
  keeps[me] = false;
  stop()
}

/* What it alone knew is of no matter any more. */
inline stop() {
  running--;
  got = false; lonely = false; kind = NOT; seen = 0; rounds = 0
}

/* The kernel's calls. */
inline tryLock(lock) {
  assert(lock != me);
  if :: lock == NOBODY -> lock = me; got = true :: else -> got = false fi
}

inline unlock(lock) {
  if :: lock == me -> lock = NOBODY :: else fi
}

/* With S and T: from now on S alone says who has the stripe. */
inline endBias() {
  STEP(inUse = 0);
  STEP(bias = NONE)
}

/* The bias is to this process, which keeps S: by a heartbeat, or since it was revoked. */
inline giveBack() {
#ifdef BEAT_ALONE
  endBias();
  STEP(unlock(S); keeps[me] = false)
#else
  STEP(tryLock(T));
  if
  :: got ->
     STEP(seen = bias);
     if
     :: isOne(seen) && ownerOf(seen) == me -> endBias()
     :: else
     fi;
     seen = 0;
     STEP(unlock(S); keeps[me] = false);
     STEP(unlock(T))
  :: else
  fi
#endif
}

inline takeByBias() {
#ifdef LOOK_FIRST
  STEP(if :: bias == me -> kind = BY_BIAS :: else fi);
  STEP(inUse = used(me));
#else
  STEP(inUse = used(me));
#ifdef NO_LOOK
  kind = BY_BIAS;
#else
  STEP(if :: bias == me -> kind = BY_BIAS :: else fi);
#endif
#endif
  if
  :: kind == NOT ->
     STEP(inUse = free(me));
#if defined(ENDS_ALONE)
     endBias();
     STEP(unlock(S); keeps[me] = false)
#elif defined(GOES_ON)
     STEP(tryLock(T));
     if
     :: got ->
        endBias();
        STEP(unlock(T); keeps[me] = false);
        kind = BY_LOCK
     :: else
     fi
#else
     giveBack()
#endif
  :: else
  fi
}

inline takeWithLock() {
#ifndef SEEN_EARLY
  STEP(seen = bias);
#endif
  if
  :: isNone(seen) -> kind = BY_LOCK
  :: else ->
#ifdef S_ALONE
     endBias();
     kind = BY_LOCK
#else
     STEP(tryLock(T));
     if
     :: got -> endBias(); STEP(unlock(T)); kind = BY_LOCK
     :: else -> STEP(unlock(S))
     fi
#endif
  fi
}

/* With T, and a bias: it is revoked. */
inline revoke() {
#if !defined(NO_MARK) && !defined(MARK_LAST)
  if
  :: !(seen & REVOKED) -> STEP(bias = seen | REVOKED)
  :: else
  fi;
#endif
#if defined(NO_WAIT)
  kind = BY_REVOCATION;
#elif defined(ZERO_IS_FREE)
  STEP(if :: inUse != used(ownerOf(seen)) -> kind = BY_REVOCATION :: else fi);
#else
  STEP(if :: inUse == free(ownerOf(seen)) -> kind = BY_REVOCATION :: else fi);
#endif
#ifdef MARK_LAST
  if
  :: !(seen & REVOKED) -> STEP(bias = seen | REVOKED)
  :: else
  fi
#else
  skip
#endif
}

inline takeByRevocation() {
  STEP(seen = bias);
  if
  :: isOne(seen) ->
     STEP(tryLock(T));
     if
     :: got ->
#ifndef NO_SECOND_LOOK
        STEP(seen = bias);
#endif
        if
        :: isOne(seen) -> revoke()
        :: else
        fi;
        if
        :: kind == NOT -> STEP(unlock(T))
        :: else ->
#ifdef CLEARS_ALONE
           endBias()
#else
           STEP(tryLock(S));
           if
           :: got -> endBias(); STEP(unlock(T)); kind = BY_LOCK
           :: else
           fi
#endif
        fi
     :: else
     fi
  :: else
  fi
}

/* One try. Who is alone, with the dead and the stopped, gets the stripe at once. */
inline tryTake() {
  atomic { kind = NOT; lonely = (running == 1) };
  if
  :: keeps[me] -> takeByBias()
  :: else
  fi;
  if
  :: kind == NOT && !keeps[me] ->
#ifdef SEEN_EARLY
     STEP(seen = bias);
#endif
     STEP(tryLock(S));
     if
     :: got -> takeWithLock()
     :: else -> takeByRevocation()
     fi
  :: else
  fi;
#if !defined(VANDAL) && !defined(LOST)
  assert(kind != NOT || !lonely);
#endif
  atomic { got = false; lonely = false; seen = 0 }
}

/* An intent that is found was left by a death, and none that was is missed. */
inline enter() {
  STEP(if
       :: isClaimed -> inside++; within[me] = true; assert(inside == 1)
       :: else
       fi;
       assert(intent == broken || !isRuled));
  STEP(intent = true; broken = false)
}

inline leave() {
#ifdef DONE_EARLY
  if :: kind == BY_BIAS -> STEP(inUse = free(me)) :: else fi;
#endif
  STEP(intent = false; if :: within[me] -> inside--; within[me] = false :: else fi);
  if
  :: kind == BY_BIAS -> STEP(inUse = free(me))
  :: kind == BY_LOCK ->
     if
     :: true -> STEP(unlock(S))
     :: true ->
        STEP(seen = bias);
        if
        :: isNone(seen) ->
#ifdef NAMES_LATE
           STEP(unlock(S));
#endif
           STEP(inUse = free(me));
           STEP(bias = me; keeps[me] = true)
        :: else -> STEP(unlock(S))
        fi;
        seen = 0
     fi
  :: kind == BY_REVOCATION -> STEP(unlock(T))
  fi;
  kind = NOT
}

proctype Attached(byte me) {
  byte rounds, seen, kind;
  bool got, lonely;
  if
  :: atomic { me == LAST && running == 0 -> running = 1 }
  :: me != LAST
  fi;
  do
  :: rounds < ROUNDS ->
     tryTake();
     if
     :: kind != NOT -> rounds++; enter(); leave()
     :: else
     fi
  :: keeps[me] -> giveBack()
  :: atomic { me != LAST || rounds > 0 -> stop(); break }
  od;
end:
  skip
}

/* He cannot read the words: both locks, in the order in which all take them. */
proctype Unattached() {
  byte rounds;
  do
  :: atomic { rounds < ROUNDS && S == NOBODY -> S = WITHOUT; rounds++ };
#ifdef WITHOUT_T
     skip;
#else
     if
     :: atomic { T == NOBODY -> T = WITHOUT }
     :: atomic { T != NOBODY -> S = NOBODY; goto again }
     fi;
#endif
     atomic { inside++; assert(inside == 1) };
     inside--;
     atomic { if :: T == WITHOUT -> T = NOBODY :: else fi };
     S = NOBODY;
again:
     skip
  :: atomic { running--; break }
  od
}

proctype Vandal() {
  if
  :: bias = 0
  :: inUse = 0
  :: bias = 0; inUse = 0
  :: inUse = 0; bias = 0
  :: true
  fi
}

/* Something in the process has closed the lock file, while it was not in the stripe by S or T. */
proctype Loss() {
  if
  :: atomic { S != NOBODY && keeps[S] && T != S ->
       if :: within[S] -> within[S] = false; inside-- :: else fi;
       S = NOBODY }
  :: true
  fi
}

init {
  atomic {
    running = ATTACHED;
#ifdef UNATTACHED
    running++;
    run Unattached();
#endif
#ifdef VANDAL
    run Vandal();
#endif
#ifdef LOST
    run Loss();
#endif
    run Attached(1); run Attached(2); run Attached(3); run Attached(LAST)
  }
}
