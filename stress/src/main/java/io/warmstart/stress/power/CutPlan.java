package io.warmstart.stress.power;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.warmstart.model.Durability;

/**
 * What the process that cuts the power is to do.
 *
 * @param fileSystem ext4, xfs or strict
 * @param directory where image, mount point and fault point are
 * @param seed of its choices
 * @param cycles how many cuts
 * @param seconds after which it ends in any case
 * @param durability of the saves
 * @param leftOut the sync that does nothing in the last operation before each cut
 */
public record CutPlan(
    String fileSystem,
    String directory,
    long seed,
    int cycles,
    long seconds,
    Durability durability,
    Sync leftOut) {
  private static final JsonMapper MAPPER = new JsonMapper();

  /** A sync of the protocol. */
  public enum Sync {
    NONE,
    PAYLOAD,
    MANIFEST,
    KEY_DIRECTORY,
    ROOT,
    PARENT_OF_ROOT,
    /** Of a segment of the journal, in which a save lies. */
    JOURNAL
  }

  /** Whether saves go into the journal: what the strict disk is served by may be a network. */
  boolean journalled() {
    return durability != Durability.IN_FILES && !fileSystem.equals(CutCommand.STRICT);
  }

  /** The plan as a command line carries it. */
  public String toJson() throws JsonProcessingException {
    return MAPPER.writeValueAsString(this);
  }

  static CutPlan fromJson(String json) throws JsonProcessingException {
    return MAPPER.readValue(json, CutPlan.class);
  }
}
