package io.warmstart.flight;

import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Begins events where the JVM makes a flight recording, or has made one. The first event of a
 * program's own costs a JVM some tenths of a second, recording or not: so none is made before. And
 * no class of theirs is loaded, which a runtime without a recorder could not do: so nothing here
 * takes one for the other.
 */
public final class Flight {
  private static final boolean AVAILABLE = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

  private Flight() {}

  private static boolean isOn() {
    return AVAILABLE && FlightRecorder.isInitialized();
  }

  /** Null where nothing is recorded. */
  public static @Nullable SaveEvent save() {
    if (!isOn()) {
      return null;
    }
    SaveEvent event = new SaveEvent();
    event.begin();
    return event;
  }

  /** Null where nothing is recorded. */
  public static @Nullable LookupEvent lookup() {
    if (!isOn()) {
      return null;
    }
    LookupEvent event = new LookupEvent();
    event.begin();
    return event;
  }

  /** Null where nothing is recorded. */
  public static @Nullable SweepEvent sweep() {
    if (!isOn()) {
      return null;
    }
    SweepEvent event = new SweepEvent();
    event.begin();
    return event;
  }

  /** Null where nothing is recorded. */
  public static @Nullable SyncEvent sync() {
    if (!isOn()) {
      return null;
    }
    SyncEvent event = new SyncEvent();
    event.begin();
    return event;
  }
}
