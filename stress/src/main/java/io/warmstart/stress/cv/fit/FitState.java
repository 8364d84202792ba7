package io.warmstart.stress.cv.fit;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Everything that {@link ProximalGradient} carries from one iteration to the next, and its bytes.
 *
 * <p>An optimiser that goes on from a decoded state walks through the same bits as one that was
 * never interrupted: whatever the next iteration reads is either here or is computed from here in
 * the same order. The current coefficients are not always the best ones.
 *
 * <p><b>Threads:</b> not safe; one optimiser owns it.
 */
public final class FitState {
  /**
   * First byte of the encoding. History: 1 = the layout below; 2 = the same, of an optimiser that
   * takes steps which raise the objective.
   */
  public static final byte VERSION = 2;

  private static final int VERSION_OFFSET = 0;
  private static final int CLASSES_OFFSET = 4;
  private static final int STRIDE_OFFSET = 8;
  private static final int ITERATION_OFFSET = 16;
  private static final int RESTARTS_OFFSET = 24;
  private static final int BACKTRACKS_OFFSET = 32;
  private static final int MOMENTUM_OFFSET = 40;
  private static final int CURVATURE_OFFSET = 48;
  private static final int OBJECTIVE_OFFSET = 56;
  private static final int MAPPING_OFFSET = 64;
  private static final int COEFFICIENTS_OFFSET = 72;

  private final int classes;
  private final int stride;

  /** Iterations done since the seed. */
  long iteration;

  /** Iterations whose step was refused because the objective would have risen. */
  long restarts;

  /** Steps that were tried again with twice the curvature. */
  long backtracks;

  /** The sequence t of the momentum; 1 = none. */
  double momentum = 1.0;

  /** Estimate of the loss's curvature along the steps, the inverse of the step length. */
  double curvature;

  /** The penalised objective at the current coefficients. */
  double objective = Double.POSITIVE_INFINITY;

  /** Largest component of the last gradient mapping; zero at an optimum. */
  double mapping = Double.POSITIVE_INFINITY;

  double[] coefficients;
  double[] previous;

  private FitState(int classes, int stride, double curvature) {
    this.classes = classes;
    this.stride = stride;
    this.curvature = curvature;
    this.coefficients = new double[classes * stride];
    this.previous = new double[classes * stride];
  }

  /** All coefficients zero, no iteration done. */
  public static FitState cold(TrainingSet training) {
    return new FitState(training.classes(), training.features() + 1, 1.0);
  }

  /**
   * A new fit that starts from the coefficients and the curvature of a neighbouring one, without
   * its momentum: that belonged to another objective.
   */
  public static FitState seededFrom(FitState neighbour) {
    FitState seeded = new FitState(neighbour.classes, neighbour.stride, neighbour.curvature);
    System.arraycopy(neighbour.coefficients, 0, seeded.coefficients, 0, seeded.coefficients.length);
    System.arraycopy(neighbour.coefficients, 0, seeded.previous, 0, seeded.previous.length);
    return seeded;
  }

  public long iteration() {
    return iteration;
  }

  public long restarts() {
    return restarts;
  }

  public long backtracks() {
    return backtracks;
  }

  /** The penalised objective at {@link #coefficients}; infinite before the first iteration. */
  public double objective() {
    return objective;
  }

  /** A copy of the coefficients: per class the intercept, then one per feature. */
  public double[] coefficients() {
    return Arrays.copyOf(coefficients, coefficients.length);
  }

  /** Coefficients other than intercepts that are not zero. */
  public int nonzeros() {
    int nonzeros = 0;
    for (int p = 0; p < coefficients.length; p++) {
      if (p % stride != 0 && coefficients[p] != 0.0) {
        nonzeros++;
      }
    }
    return nonzeros;
  }

  /** Bytes that {@link #encode} writes. */
  public int encodedLength() {
    return encodedLength(coefficients.length);
  }

  private static int encodedLength(int coefficientCount) {
    return COEFFICIENTS_OFFSET + 2 * coefficientCount * Double.BYTES;
  }

  /** Writes {@link #encodedLength} bytes at {@code offset}; padding is zeroed. */
  public void encode(MutableDirectBuffer buffer, int offset) {
    buffer.setMemory(offset, COEFFICIENTS_OFFSET, (byte) 0);
    buffer.putByte(offset + VERSION_OFFSET, VERSION);
    buffer.putInt(offset + CLASSES_OFFSET, classes, LITTLE_ENDIAN);
    buffer.putInt(offset + STRIDE_OFFSET, stride, LITTLE_ENDIAN);
    buffer.putLong(offset + ITERATION_OFFSET, iteration, LITTLE_ENDIAN);
    buffer.putLong(offset + RESTARTS_OFFSET, restarts, LITTLE_ENDIAN);
    buffer.putLong(offset + BACKTRACKS_OFFSET, backtracks, LITTLE_ENDIAN);
    buffer.putDouble(offset + MOMENTUM_OFFSET, momentum, LITTLE_ENDIAN);
    buffer.putDouble(offset + CURVATURE_OFFSET, curvature, LITTLE_ENDIAN);
    buffer.putDouble(offset + OBJECTIVE_OFFSET, objective, LITTLE_ENDIAN);
    buffer.putDouble(offset + MAPPING_OFFSET, mapping, LITTLE_ENDIAN);
    int position = offset + COEFFICIENTS_OFFSET;
    for (double coefficient : coefficients) {
      buffer.putDouble(position, coefficient, LITTLE_ENDIAN);
      position += Double.BYTES;
    }
    for (double coefficient : previous) {
      buffer.putDouble(position, coefficient, LITTLE_ENDIAN);
      position += Double.BYTES;
    }
  }

  /**
   * Reads a state of a fit to {@code training}.
   *
   * @throws IllegalArgumentException naming the field, the expected and the actual value, if the
   *     bytes are not such a state
   */
  public static FitState decode(DirectBuffer buffer, int offset, int length, TrainingSet training) {
    int expectedLength = encodedLength(training.coefficients());
    require(length == expectedLength, "length", expectedLength, length);
    byte version = buffer.getByte(offset + VERSION_OFFSET);
    require(version == VERSION, "version", VERSION, version);
    int classes = buffer.getInt(offset + CLASSES_OFFSET, LITTLE_ENDIAN);
    require(classes == training.classes(), "classes", training.classes(), classes);
    int stride = buffer.getInt(offset + STRIDE_OFFSET, LITTLE_ENDIAN);
    require(stride == training.features() + 1, "stride", training.features() + 1, stride);
    FitState state =
        new FitState(classes, stride, buffer.getDouble(offset + CURVATURE_OFFSET, LITTLE_ENDIAN));
    state.iteration = buffer.getLong(offset + ITERATION_OFFSET, LITTLE_ENDIAN);
    state.restarts = buffer.getLong(offset + RESTARTS_OFFSET, LITTLE_ENDIAN);
    state.backtracks = buffer.getLong(offset + BACKTRACKS_OFFSET, LITTLE_ENDIAN);
    state.momentum = buffer.getDouble(offset + MOMENTUM_OFFSET, LITTLE_ENDIAN);
    state.objective = buffer.getDouble(offset + OBJECTIVE_OFFSET, LITTLE_ENDIAN);
    state.mapping = buffer.getDouble(offset + MAPPING_OFFSET, LITTLE_ENDIAN);
    int count = state.coefficients.length;
    for (int p = 0; p < count; p++) {
      int position = offset + COEFFICIENTS_OFFSET + p * Double.BYTES;
      state.coefficients[p] = buffer.getDouble(position, LITTLE_ENDIAN);
      state.previous[p] = buffer.getDouble(position + count * Double.BYTES, LITTLE_ENDIAN);
      require(
          Double.isFinite(state.coefficients[p]), "coefficient", "finite", state.coefficients[p]);
      require(Double.isFinite(state.previous[p]), "coefficient", "finite", state.previous[p]);
    }
    require(state.iteration >= 0, "iteration", ">= 0", state.iteration);
    require(state.restarts >= 0, "restarts", ">= 0", state.restarts);
    require(state.backtracks >= 0, "backtracks", ">= 0", state.backtracks);
    require(atLeast(state.momentum, 1.0), "momentum", "finite and >= 1", state.momentum);
    require(
        atLeast(state.curvature, Double.MIN_NORMAL),
        "curvature",
        "finite and > 0",
        state.curvature);
    require(!Double.isNaN(state.objective), "objective", "a number", state.objective);
    require(!Double.isNaN(state.mapping), "mapping", "a number", state.mapping);
    return state;
  }

  private static boolean atLeast(double value, double least) {
    return value >= least && value <= Double.MAX_VALUE;
  }

  private static void require(boolean held, String field, Object expected, Object actual) {
    if (!held) {
      throw new IllegalArgumentException(
          "fit state %s: expected=%s actual=%s".formatted(field, expected, actual));
    }
  }
}
