package io.warmstart.stress.worker;

/**
 * How often a worker does what; of each thousand operations. The rest are lookups of the lowest
 * objective.
 *
 * @param saves saves under fresh run ids
 * @param overwrites saves under a shared run id
 * @param latest lookups of the latest
 * @param sweeps sweeps
 */
public record Mix(int saves, int overwrites, int latest, int sweeps) {
  public static final Mix SAVE_AND_LOOK = new Mix(450, 0, 150, 0);
  public static final Mix SAVE_MOSTLY = new Mix(850, 0, 50, 0);
  public static final Mix SWEEP = new Mix(0, 0, 0, 1000);
  public static final Mix OVERWRITE = new Mix(0, 1000, 0, 0);
  public static final Mix LOOK = new Mix(0, 0, 500, 0);
  public static final Mix OVERWRITE_AND_LOOK = new Mix(0, 500, 250, 5);
  public static final Mix LOOK_MOSTLY = new Mix(0, 30, 480, 10);
  public static final Mix ALL = new Mix(60, 390, 150, 10);

  /** A sweep begins with pairs of all that lies in the journal, and little would die there. */
  public static final Mix ALL_JOURNALLED = new Mix(250, 350, 100, 1);

  /** Its sweeps make pairs of what it has just saved, and so the calls that it may die at. */
  public static final Mix JOURNALLED_AND_SWEPT = new Mix(250, 350, 100, 40);
}
