/*
 * Publishing, evicting, sweeping and recovering one run of one key: two writers that overwrite it, a
 * reader, and an evictor that also sweeps. Every step may be the last of the process that takes it.
 *
 * A file is the version of its bytes, 0 if it is not there. A rename is one step, and so is every
 * look at one file. Nothing but the lock keeps processes apart; a dead holder's lock is free and its
 * intent stands, as the kernel and the mapping leave them.
 *
 * Ghosts: `current` is the version that a lookup must find, 0 if none: set by the manifest's rename
 * and by the removal of the manifest, which are the commits; `promised` is one that a reader has
 * answered by its staged manifest, before its commit. Nobody's steps depend on them.
 *
 * To see it fail: -DNO_LOCK; -DNO_RETRY (a directory that vanished fails the save);
 * -DPAYLOAD_FIRST (an eviction removes the payload before the manifest); -DNO_COMPLETION (a sweep
 * removes the staged files of the dead without completing what they could complete); with -DERRORS=0
 * only together with -DNO_INTENT (the next holder does not repair after a dead one), since for deaths
 * each makes good for the other. -DSTAGED_ALONE (a reader answers by any staged manifest, whether its
 * payload is in place or not).
 */

#ifndef CRASHES
#define CRASHES 2
#endif

/* How many second renames fail. */
#ifndef ERRORS
#define ERRORS 1
#endif

#define WRITERS 2
#define NOBODY 255

byte payload = 0;               /* <run>.bin */
byte manifest = 0;              /* <run>.json */
bool directory = false;
byte stagedPayload[WRITERS];
byte stagedManifest[WRITERS];
bool dead[4];                   /* writers, then the reader, then the evictor */

byte holder = NOBODY;
bool intent = false;

byte current = 0;
byte promised = 0;
byte committed = 0;             /* how many commits there were */
bool evicted = false;           /* whether the last commit was a removal */
byte crashes = CRASHES;
byte errors = ERRORS;
byte finished = 0;

#define fits (payload == manifest && manifest != 0)
#define empty (payload == 0 && manifest == 0 && stagedPayload[0] == 0 && stagedManifest[0] == 0 \
    && stagedPayload[1] == 0 && stagedManifest[1] == 0)

#define completes (payload != 0 && (stagedManifest[0] == payload || stagedManifest[1] == payload))

/* Any commit ends a promise: it keeps it, or comes after it. */
#define COMMIT(version)                                                      \
  promised = 0; current = version; committed++; evicted = (version == 0)

/* The process may die here: the kernel frees its lock, and all else stays. */
#define MAY_DIE(me)                                                          \
  if                                                                         \
  :: atomic { crashes > 0 -> crashes--; dead[me] = true;                     \
       if :: holder == me -> holder = NOBODY :: else fi; goto end }          \
  :: true                                                                    \
  fi

/* Puts right what a dead holder may have left between its renames. Under the lock. */
inline rollForward() {
  if
  :: payload != 0 && payload != manifest ->
     if
     :: stagedManifest[0] == payload ->
        atomic { manifest = payload; stagedManifest[0] = 0; COMMIT(manifest) }
     :: stagedManifest[1] == payload ->
        atomic { manifest = payload; stagedManifest[1] = 0; COMMIT(manifest) }
     :: else
     fi
  :: else
  fi
}

inline takeLock(me) {
#ifndef NO_LOCK
  atomic { holder == NOBODY -> holder = me };
#ifndef NO_INTENT
  if
  :: intent -> rollForward()
  :: else
  fi;
#endif
#endif
  intent = true
}

inline releaseLock(me) {
  intent = false;
#ifndef NO_LOCK
  atomic { assert(holder == me); holder = NOBODY }
#else
  skip
#endif
}

proctype Writer(byte me) {
  byte version = me + 1;
  byte since;
stage:
  MAY_DIE(me);
  directory = true;
  MAY_DIE(me);
  if
  :: atomic { directory -> stagedPayload[me] = version }
  :: atomic { !directory -> goto vanished }
  fi;
  MAY_DIE(me);
  if
  :: atomic { directory -> stagedManifest[me] = version }
  :: atomic { !directory -> goto vanished }
  fi;
  MAY_DIE(me);
  takeLock(me);
  MAY_DIE(me);
  if
  :: atomic { stagedPayload[me] == version -> payload = version; stagedPayload[me] = 0 }
  :: else -> releaseLock(me); goto vanished
  fi;
  MAY_DIE(me);
  if
  :: atomic { errors > 0 -> errors-- };
     /* Cut off, and not undone: the save fails, and its process ends some time. */
     releaseLock(me);
     dead[me] = true;
     goto end
  :: atomic { stagedManifest[me] == version ->
       manifest = version; stagedManifest[me] = 0; COMMIT(version); since = committed }
  :: else -> releaseLock(me); goto vanished
  fi;
  MAY_DIE(me);
  releaseLock(me);
  /*
   * Acknowledged. It is there, unless a commit after it has replaced or removed it; and it is whole,
   * unless somebody is at work between two renames or has died there, which the intent tells, or was
   * cut off there, which the staged manifest tells.
   */
  atomic {
    assert(committed > since || (manifest == version && (fits || intent || completes)));
    goto end
  };
vanished:
#ifdef NO_RETRY
  assert(false);
#endif
  goto stage;
end:
  atomic { finished++ }
}

proctype Reader() {
  byte read;
  byte bytes;
  byte again;
  byte answered;
  byte looks = 0;
  byte before;
look:
  MAY_DIE(2);
  /* A miss is right only if at this instant there is nothing that was committed and not removed. */
  atomic { read = manifest; before = committed; assert(read == current) };
  if
  :: read == 0 -> goto next
  :: else
  fi;
  MAY_DIE(2);
  bytes = payload;
  if
#ifdef STAGED_ALONE
  :: atomic { stagedManifest[0] != 0 -> promised = stagedManifest[0]; goto next }
#endif
  :: bytes == read ->
     /* What was answered before its commit is not followed by what was before it. */
     atomic { assert(promised == 0 || committed > before); goto next }
  :: else
  fi;
  MAY_DIE(2);
  /*
   * A staged manifest that fits the payload in place: the two are the new version, which is answered
   * although it is not committed.
   */
  atomic {
    if
    :: stagedManifest[0] == bytes && bytes != 0 -> answered = bytes
    :: stagedManifest[1] == bytes && bytes != 0 -> answered = bytes
    :: else -> answered = 0
    fi;
    if
    :: answered != 0 && current != answered -> promised = answered
    :: else
    fi
  };
  if
  :: answered != 0 -> goto next
  :: else
  fi;
  MAY_DIE(2);
  again = manifest;
  if
  :: again != read -> goto look
  :: else
  fi;
  takeLock(2);
  rollForward();
  MAY_DIE(2);
  /* Under the lock the pair is whole, or was removed; it is never set aside as broken. */
  atomic { assert(manifest == 0 || fits) };
  releaseLock(2);
next:
  looks++;
  if
  :: looks < 3 -> goto look
  :: else
  fi;
end:
  atomic { finished++ }
}

proctype Evictor() {
  byte counted;
  byte rounds = 0;
  byte writer;
again:
  MAY_DIE(3);
  counted = manifest;
  if
  :: counted != 0 ->
     takeLock(3);
     MAY_DIE(3);
     if
     :: manifest == counted ->
#ifdef PAYLOAD_FIRST
        payload = 0;
        MAY_DIE(3);
#endif
        atomic { manifest = 0; COMMIT(0) };
        MAY_DIE(3);
        payload = 0;
        MAY_DIE(3)
     :: else
     fi;
     releaseLock(3)
  :: else
  fi;
  /* Staged files whose owner the kernel proves dead; first what they could complete. */
  writer = 0;
  do
  :: writer < WRITERS ->
     if
     :: dead[writer] && (stagedPayload[writer] != 0 || stagedManifest[writer] != 0) ->
        takeLock(3);
#ifndef NO_COMPLETION
        rollForward();
#endif
        MAY_DIE(3);
        stagedPayload[writer] = 0;
        MAY_DIE(3);
        stagedManifest[writer] = 0;
        releaseLock(3)
     :: else
     fi;
     writer++
  :: else -> break
  od;
  MAY_DIE(3);
  atomic {
    if
    :: directory && empty -> directory = false
    :: else
    fi
  };
  rounds++;
  if
  :: rounds < 2 -> goto again
  :: else
  fi;
end:
  atomic { finished++ }
}

init {
  byte last;
  atomic { run Writer(0); run Writer(1); run Reader(); run Evictor() };
  finished == 4;
  /* All have ended. Whoever comes next takes the lock, and finds all that was committed. */
  takeLock(2);
  rollForward();
  assert(manifest == current);
  assert(manifest == 0 || fits);
  /* Nothing was lost: if there is nothing, nothing was ever committed, or it was evicted. */
  assert(manifest != 0 || committed == 0 || evicted);
  releaseLock(2)
}
