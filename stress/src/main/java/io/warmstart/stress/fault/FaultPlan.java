package io.warmstart.stress.fault;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;

/**
 * Which calls are to fail.
 *
 * @param directory where roots and the fault point are
 * @param targets the operations
 * @param errors with what, each in turn
 * @param seconds after which it ends in any case
 */
public record FaultPlan(String directory, List<Target> targets, List<Errno> errors, long seconds) {
  private static final JsonMapper MAPPER = new JsonMapper();

  /** The plan as a command line carries it. */
  public String toJson() throws JsonProcessingException {
    return MAPPER.writeValueAsString(this);
  }

  static FaultPlan fromJson(String json) throws JsonProcessingException {
    return MAPPER.readValue(json, FaultPlan.class);
  }
}
