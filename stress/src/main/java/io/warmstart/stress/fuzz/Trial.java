package io.warmstart.stress.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * One input handed to a target, with what it costs: allocation and time on the processor of the
 * thread that hands it over. Elapsed time is the machine's, which others use.
 */
final class Trial {
  /** What one input may make a reader allocate. */
  static final long MOST_ALLOCATED_BYTES = 64L << 20;

  /** How long one may keep it busy. */
  static final long MOST_BUSY_NANOS = 1_000_000_000L;

  private static final String COST = "costs too much: ";

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Trial() {}

  /** What is wrong, in one line; empty if nothing is. */
  static String of(FuzzTarget target, byte[] input) {
    String complaint = once(target, input);
    // The first input that comes somewhere loads and compiles the classes there.
    return complaint.startsWith(COST) ? once(target, input) : complaint;
  }

  private static String once(FuzzTarget target, byte[] input) {
    long allocated = THREADS.getCurrentThreadAllocatedBytes();
    long busy = THREADS.getCurrentThreadCpuTime();
    String complaint;
    try {
      complaint = target.judge(input);
    } catch (Throwable e) {
      complaint = chain(e);
    }
    busy = THREADS.getCurrentThreadCpuTime() - busy;
    allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
    if (!complaint.isEmpty()) {
      return complaint;
    }
    if (busy > MOST_BUSY_NANOS) {
      return COST + "expected<=" + MOST_BUSY_NANOS + " ns of the processor actual=" + busy;
    }
    if (allocated > MOST_ALLOCATED_BYTES) {
      return COST + "expected<=" + MOST_ALLOCATED_BYTES + " bytes allocated actual=" + allocated;
    }
    return "";
  }

  /** Each error, and where in the store it came from. */
  private static String chain(Throwable error) {
    StringBuilder text = new StringBuilder("thrown:");
    for (Throwable each = error; each != null; each = each.getCause()) {
      text.append(' ').append(each);
      for (StackTraceElement frame : each.getStackTrace()) {
        if (frame.getClassName().startsWith("io.warmstart.")) {
          text.append(" at ").append(frame);
          break;
        }
      }
    }
    return text.toString().replaceAll("\\s+", " ");
  }
}
