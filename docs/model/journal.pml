/*
 * The journal of one run of one key: a process with two threads that save, one of them by a record
 * that it has reserved, and a third that makes pairs; an adopter, a reader, a death of the process or
 * of its locks alone, and a power cut, each at any step.
 *
 * A record is the stamp of its version, OPEN + the place's number until it is committed, VOID if it
 * never will be. Two segments have two places each. What a sync covers is what was stored as it
 * began. A power cut leaves of each place, each header, and the pair what was synced or what was
 * stored, whatever of the others it leaves.
 *
 * Ghosts: `saved` is the latest version that has returned, `powerSafe` the latest power-safe one.
 *
 * To see it fail: -DSUPERSEDE_ANY (a power-safe version is forgotten for a process-safe one),
 * -DSETTLED_EARLY (for a pair whose names are not synced), -DBY_PLACE (a record is taken for synced if
 * one behind it was), -DOPEN_IS_DONE (a segment begins anew although a record in it is open),
 * -DNO_LOOK (the owner does not look whether its segment was given up), -DREAD_FIRST (the adopter reads
 * before it gives up), -DPAIR_FIRST (the reader looks for the pair before the journal),
 * -DPAIRED_HIDES (after a power cut, what says that its pair was in place is passed over),
 * -DNO_LOCK (pairs are made without the key's lock).
 */

#ifndef SAVES
#define SAVES 2
#endif

#ifndef ROUNDS
#define ROUNDS 1                /* of pairs */
#endif

#define SEGMENTS 2
#define PLACES 4                /* two of each segment */
#define VERSIONS 9              /* and 0, which is none */
#define OPEN 16
#define VOID 32
#define NOBODY 255
#define OWNER 1
#define ADOPTER 2

#define segmentOf(place) ((place) / 2)

/* Stored, and what of it was synced. */
byte record[PLACES];
byte recordSynced[PLACES];
byte life[SEGMENTS];
byte lifeSynced[SEGMENTS];
byte lifeOf[VERSIONS];          /* in which a version was stored */
byte pair;
byte pairSynced;

/* Marks of records, by version; the file of a segment. */
bool isPowerSafe[VERSIONS];
bool marked[VERSIONS];          /* as synced */
bool paired[VERSIONS];
bool settled[VERSIONS];
bool givenUp[SEGMENTS];
bool gone[SEGMENTS];

/* In the owner's memory. */
byte used[SEGMENTS];
byte current = 0;
bool acknowledged[VERSIONS];
bool done[VERSIONS];
byte stored[SEGMENTS];          /* how many commits */
byte synced[SEGMENTS];          /* of them, by a sync that has ended */
bool syncing[SEGMENTS];
byte placeSynced[SEGMENTS];

byte stamp = 0;
byte holder = NOBODY;           /* of the key's lock */
bool dead = false;              /* the owner */
bool locksLost = false;

byte saved = 0;
byte powerSafe = 0;

#define usable(s) (!givenUp[s])
#define isThere(s) (!gone[s])
#define max(a, b) ((a) > (b) -> (a) : (b))

/* A step of the owner, which may have died. */
#define STEP(what) if :: atomic { !dead -> what } :: dead -> goto end fi

/* A whole record of the segment's life. */
#define isFound(place) \
  (record[place] > 0 && record[place] < OPEN && lifeOf[record[place]] == life[segmentOf(place)])

inline acquire(who) {
#ifdef NO_LOCK
  skip
#else
  if
  :: atomic { holder == NOBODY && !(who == OWNER && dead) -> holder = who }
  :: who == OWNER && dead -> goto end
  fi
#endif
}

inline release() {
#ifdef NO_LOCK
  skip
#else
  holder = NOBODY
#endif
}

/* Waits for a sync that began after the commit that made `count`. */
inline awaitSynced(s, place, count) {
  do
#ifdef BY_PLACE
  :: placeSynced[s] > place -> break
#else
  :: synced[s] >= count -> break
#endif
  :: dead -> goto end
  :: atomic { !dead && !syncing[s] && synced[s] < count ->
       syncing[s] = true;
       counted = stored[s];
       first = record[2 * s]; second = record[2 * s + 1]; header = life[s]; ends = 2 * s + used[s] };
     STEP(recordSynced[2 * s] = first; recordSynced[2 * s + 1] = second; lifeSynced[s] = header;
          synced[s] = counted; placeSynced[s] = ends; syncing[s] = false)
  od
}

inline acknowledge(version) {
  acknowledged[version] = true;
  saved = max(saved, version);
  if :: isPowerSafe[version] -> powerSafe = max(powerSafe, version) :: else fi
}

/* What the journal does not take goes into a pair, which is durable when the save returns. */
inline saveInFiles() {
  acquire(OWNER);
  STEP(stamp++; version = stamp; isPowerSafe[version] = true; pair = version; release());
  STEP(pairSynced = max(pairSynced, version));
  STEP(saved = max(saved, version); powerSafe = max(powerSafe, version))
}

/* Under the key's lock the stamp, then the commit word; then it is seen whether that counts. */
inline commit(s, place, safe) {
  acquire(OWNER);
  STEP(stamp++; version = stamp; isPowerSafe[version] = safe; lifeOf[version] = life[s]);
  STEP(record[place] = version; stored[s]++; count = stored[s]);
#ifdef NO_LOOK
  whole = true;
#else
  STEP(whole = usable(s));
#endif
  STEP(if :: !whole -> record[place] = VOID; done[version] = true :: else fi; release());
  if
  :: whole ->
     if
     :: safe -> awaitSynced(s, place, count); STEP(marked[version] = true)
     :: else
     fi;
     STEP(acknowledge(version))
  :: else -> saveInFiles()
  fi
}

/* Room at the end of the segment in use, or of another that is empty. */
inline take(place) {
  STEP(
    if
    :: usable(current) && used[current] < 2
    :: else ->
       if
       :: usable(1 - current) && used[1 - current] == 0 -> current = 1 - current
       :: else
       fi
    fi;
    if
    :: usable(current) && used[current] < 2 ->
       place = 2 * current + used[current]; used[current]++; record[place] = OPEN + place
    :: else -> place = NOBODY
    fi)
}

proctype Reserver() {
  byte place, version, count, counted, first, second, header, ends;
  bool whole;
  take(place);
  if
  :: place == NOBODY
  :: place != NOBODY ->
     if
     :: commit(segmentOf(place), place, true)
     :: STEP(record[place] = VOID; stored[segmentOf(place)]++)
     fi
  fi;
end:
  skip
}

proctype Saver() {
  byte place, version, count, counted, first, second, header, ends, saves;
  bool whole, safe;
  do
  :: saves < SAVES ->
     /* Power-safe, and then others that are not. */
     safe = (saves == 0);
     take(place);
     if
     :: place == NOBODY -> saveInFiles()
     :: else -> commit(segmentOf(place), place, safe)
     fi;
     saves++
  :: else -> break
  od;
end:
  skip
}

/* Whether nothing in a place is needed by its owner. */
#ifdef OPEN_IS_DONE
#define needsNot(place) (record[place] == 0 || record[place] >= OPEN || done[record[place]])
#else
#define needsNot(place) \
  (record[place] == 0 || record[place] == VOID || (record[place] < OPEN && done[record[place]]))
#endif
#define isDone(s) \
  ((used[s] < 1 || needsNot(2 * (s))) && (used[s] < 2 || needsNot(2 * (s) + 1)))

inline recycle(s) {
  if
  :: usable(s) && used[s] > 0 && isDone(s) && !syncing[s] && (s != current || used[s] == 2) ->
     life[s]++; used[s] = 0; placeSynced[s] = 2 * s
  :: else
  fi
}

inline forget(until) {
  v = 1;
  do
  :: v <= until -> if :: acknowledged[v] -> done[v] = true :: else fi; v++
  :: else -> break
  od
}

/* What can do without a pair, for a later version that is as durable. */
inline supersede() {
  v = VERSIONS - 1; any = 0; safest = 0;
  do
  :: v > 0 ->
     if
     :: acknowledged[v] ->
#ifdef SUPERSEDE_ANY
        if :: any > v -> done[v] = true :: else fi;
#else
        if :: safest > v || (any > v && !isPowerSafe[v]) -> done[v] = true :: else fi;
#endif
        any = max(any, v);
        if :: isPowerSafe[v] -> safest = max(safest, v) :: else fi
     :: else
     fi;
     v--
  :: else -> break
  od
}

/* The latest version that has returned and is not done. */
inline findLatest() {
  latest = 0; v = 1;
  do
  :: v < VERSIONS ->
     if :: acknowledged[v] && !done[v] -> latest = v :: else fi; v++
  :: else -> break
  od
}

inline markPaired(until) {
  v = 1;
  do
  :: v <= until -> paired[v] = true; v++
  :: else -> break
  od
}

inline markSettled(until) {
  v = 1;
  do
  :: v <= until -> settled[v] = true; v++
  :: else -> break
  od
}

proctype Materialiser() {
  byte latest, v, any, safest, before, rounds;
  do
  :: rounds < ROUNDS ->
     STEP(supersede(); recycle(0); recycle(1));
     STEP(findLatest());
     if
     :: latest > 0 ->
        acquire(OWNER);
        STEP(before = pair);
        STEP(if :: before < latest -> pair = latest :: else fi; markPaired(latest));
        STEP(release());
#ifdef SETTLED_EARLY
        STEP(markSettled(latest); forget(latest));
        STEP(recycle(0); recycle(1));
        STEP(pairSynced = pair);
#else
        STEP(pairSynced = pair);
        STEP(markSettled(latest); forget(latest));
#endif
        STEP(recycle(0); recycle(1))
     :: else
     fi;
     rounds++
  :: else -> break
  od;
end:
  skip
}

inline readSegment(s) {
  if :: isFound(2 * s) -> latest = max(latest, record[2 * s]) :: else fi;
  if :: isFound(2 * s + 1) -> latest = max(latest, record[2 * s + 1]) :: else fi
}

/* Gets the locks of the segments once their owner is dead, or has lost them. */
proctype Adopter() {
  byte latest, v, before, s;
  (dead || locksLost);
  do
  :: s < SEGMENTS ->
     latest = 0;
#ifdef READ_FIRST
     atomic { readSegment(s) };
     givenUp[s] = true;
#else
     givenUp[s] = true;
     atomic { readSegment(s) };
#endif
     if
     :: latest > 0 ->
        acquire(ADOPTER);
        before = pair;
        atomic { if :: before < latest -> pair = latest :: else fi; markPaired(latest) };
        release();
        pairSynced = pair;
        atomic { markSettled(latest) }
     :: else
     fi;
     gone[s] = true;
     s++
  :: else -> break
  od;
end:
  skip
}

#define isShown(place) \
  (isFound(place) && isThere(segmentOf(place)) && !paired[record[place]] && !settled[record[place]] \
    && (!isPowerSafe[record[place]] || marked[record[place]]))

inline look(place) {
  if :: isShown(place) -> found = max(found, record[place]) :: else fi
}

proctype Reader() {
  byte found, floor, inFiles;
  floor = saved;
#ifdef PAIR_FIRST
  inFiles = pair;
#endif
  atomic { look(0); look(1); look(2); look(3) };
#ifndef PAIR_FIRST
  inFiles = pair;
#endif
  found = max(found, inFiles);
  assert(found >= floor)
}

/* Of the process, or of its locks alone. */
proctype Death() {
  if
  :: atomic { dead = true; if :: holder == OWNER -> holder = NOBODY :: else fi }
  :: locksLost = true
  :: true
  fi
}

#ifdef PAIRED_HIDES
#define hides(version) (settled[version] || paired[version])
#else
#define hides(version) (settled[version])
#endif

/* Whether content of a place is found after a cut that leaves that life; a mark may be there. */
#define isLeft(content, kept) \
  ((content) > 0 && (content) < OPEN && lifeOf[content] == (kept) && !hides(content))

/* Of a place the least that may be found: of what was synced, and of what was stored. */
#define leastOf(place, kept) \
  (isLeft(record[place], kept) && isLeft(recordSynced[place], kept) -> \
    (record[place] < recordSynced[place] -> record[place] : recordSynced[place]) : 0)

#define leastOfLife(s, kept) max(leastOf(2 * (s), kept), leastOf(2 * (s) + 1, kept))

#define leastOfSegment(s) \
  (gone[s] -> 0 : (leastOfLife(s, life[s]) < leastOfLife(s, lifeSynced[s]) -> \
    leastOfLife(s, life[s]) : leastOfLife(s, lifeSynced[s])))

/*
 * At any moment; what it would leave is only looked at, and all goes on. Of all that it may leave,
 * the least: what is left of one place, header or pair says nothing of the others.
 */
proctype PowerCut() {
  do
  :: d_step { assert(max(max(pairSynced, leastOfSegment(0)), leastOfSegment(1)) >= powerSafe) }
  od
}

init {
  atomic {
    placeSynced[1] = 2;
    run PowerCut();
#ifndef NO_READER
    run Reader();
#endif
#ifndef NO_DEATH
    run Death(); run Adopter();
#endif
    run Materialiser(); run Saver(); run Reserver()
  }
}
