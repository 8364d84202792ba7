package io.warmstart.stress.cv.work;

import io.warmstart.stress.cv.fit.FitState;
import io.warmstart.stress.cv.fit.HeldOutScore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A finished fit as its worker tells it.
 *
 * @param iterations iterations from the seed to convergence, no matter who did them
 * @param objective penalised objective
 * @param nonzeros coefficients other than intercepts that are not zero
 * @param score on the rows held out
 * @param coefficientsSha256 of the coefficients' bits: equal if and only if all bits are equal
 */
public record FitOutcome(
    long iterations,
    double objective,
    int nonzeros,
    HeldOutScore score,
    String coefficientsSha256) {
  static FitOutcome of(FitState fitted, HeldOutScore score) {
    return new FitOutcome(
        fitted.iteration(),
        fitted.objective(),
        fitted.nonzeros(),
        score,
        sha256(fitted.coefficients()));
  }

  private static String sha256(double[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java platform lacks SHA-256", e);
    }
  }
}
