/*
 * The original store's protocol for the same: no lock, the payload renamed before the manifest is
 * written, temporaries named by process id, and readers and sweeps that remove what looks broken and
 * what others are still writing.
 *
 * -DLOSS: may an acknowledged entry be gone though nothing was evicted? -DFAILED: may a save fail
 * though no process died and no disk failed? Nobody dies here; it takes no death.
 */

#define WRITERS 2

byte payload = 0;
byte manifest = 0;
bool directory = false;
byte stagedPayload[WRITERS];
byte stagedManifest[WRITERS];
byte acknowledged = 0;
byte finished = 0;

#define empty (payload == 0 && manifest == 0 && stagedPayload[0] == 0 && stagedManifest[0] == 0 \
    && stagedPayload[1] == 0 && stagedManifest[1] == 0)

/* What every look at a directory does besides looking. */
inline scan() {
  stagedPayload[0] = 0;
  stagedManifest[0] = 0;
  stagedPayload[1] = 0;
  stagedManifest[1] = 0;
  if
  :: manifest != 0 ->
     if
     :: payload == 0 -> manifest = 0
     :: else
     fi
  :: else
  fi
}

proctype Writer(byte me) {
  byte version = me + 1;
  byte attempt = 0;
start:
  directory = true;
  if
  :: atomic { directory -> stagedPayload[me] = version }
  :: atomic { !directory -> goto vanished }
  fi;
  if
  :: atomic { stagedPayload[me] == version -> payload = version; stagedPayload[me] = 0 }
  :: atomic { stagedPayload[me] != version -> goto vanished }
  fi;
  if
  :: atomic { directory -> stagedManifest[me] = version }
  :: atomic { !directory -> goto vanished }
  fi;
  if
  :: atomic { stagedManifest[me] == version -> manifest = version; stagedManifest[me] = 0 }
  :: atomic { stagedManifest[me] != version -> payload = 0; goto vanished }
  fi;
  acknowledged++;
  goto end;
vanished:
  if
  :: attempt == 0 -> attempt++; goto start
  :: else ->
#ifdef FAILED
     assert(false)
#endif
     skip
  fi;
end:
  atomic { finished++ }
}

proctype Reader() {
  byte read;
  byte bytes;
  byte looks = 0;
look:
  scan();
  read = manifest;
  if
  :: read != 0 ->
     bytes = payload;
     if
     :: bytes == read -> manifest = read /* the touch puts back what it read */
     :: else -> manifest = 0; payload = 0
     fi
  :: else
  fi;
  looks++;
  if
  :: looks < 2 -> goto look
  :: else
  fi;
  atomic { finished++ }
}

proctype Sweeper() {
  byte rounds = 0;
again:
  scan();
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
  atomic { finished++ }
}

init {
  atomic { run Writer(0); run Writer(1); run Reader(); run Sweeper() };
  finished == 4;
#ifdef LOSS
  assert(acknowledged == 0 || (manifest != 0 && payload == manifest));
#endif
  skip
}
