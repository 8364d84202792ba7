package io.warmstart.stress.fuzz;

import io.warmstart.format.PolicyCodec;
import io.warmstart.format.PolicyFormatException;
import io.warmstart.format.StoredPolicy;
import java.util.List;

/** Policies: read or refused; what was read can be written, and is read as the same then. */
final class PolicyTarget implements FuzzTarget {
  @Override
  public String name() {
    return "policy";
  }

  @Override
  public List<byte[]> corpus() {
    return Text.corpus("policy");
  }

  @Override
  public String judge(byte[] input) throws PolicyFormatException {
    if (input.length > PolicyCodec.MAX_BYTES) {
      // Never handed to the codec: its file is too long.
      return "";
    }
    StoredPolicy policy;
    try {
      policy = PolicyCodec.decode(input);
    } catch (PolicyFormatException e) {
      return Text.complaint(e.getMessage());
    }
    byte[] written = PolicyCodec.encode(policy);
    if (written.length > PolicyCodec.MAX_BYTES) {
      // With all its spaces it is longer than what came: no store puts that in place.
      return "";
    }
    StoredPolicy again = PolicyCodec.decode(written);
    return again.equals(policy) ? "" : "read again: expected=" + policy + " actual=" + again;
  }
}
