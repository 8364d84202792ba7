package io.warmstart.stress.checker;

/**
 * What is known of a version beforehand.
 *
 * @param run the shared run that it belongs to; -1 if the version is a run of its own
 * @param invoked when its write was called
 * @param lastRead when the last operation that found it returned; 0 if none did
 * @param atEnd whether it was there after all had ended
 */
record Write(int run, double objective, long invoked, long lastRead, boolean atEnd) {
  /** Whether anything after this moment needs it to be there. */
  boolean neededAfter(long moment) {
    return atEnd || lastRead > moment;
  }
}
