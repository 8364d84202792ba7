package io.warmstart.save;

/** What is done about the budget once an entry was saved. */
@FunctionalInterface
public interface AfterSave {
  /**
   * Runs it; never fails.
   *
   * @param saved is not what goes
   * @param mayWait whether the save waits for a sweep that is under way
   */
  void run(SavedEntry saved, boolean mayWait);
}
