package io.warmstart.index.table;

/** What a sweep leaves out of the order of eviction, or takes last. */
public interface Spared {
  /** Nothing. */
  Spared NONE =
      new Spared() {
        @Override
        public Object pins() {
          return this;
        }

        @Override
        public boolean isPinned(RecordedEntry entry) {
          return false;
        }

        @Override
        public boolean keepsBestAndLatest() {
          return false;
        }
      };

  /** The pins, as one object: another one where they may be others. */
  Object pins();

  /** Whether an entry is pinned, and does not go. */
  boolean isPinned(RecordedEntry entry);

  /** Whether each key's best and latest entry go when nothing else is left. */
  boolean keepsBestAndLatest();
}
