package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import picocli.CommandLine.Command;

/** Removes entries by name. */
@Command(
    name = "rm",
    header = "Removes a key's entries, or one of them.",
    description = {
      "%nWhat is removed does not come back after a power cut. Exit code 1 if there was nothing.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart rm /tmp/fits text:digits",
      "  warmstart rm /tmp/fits text:digits --run-id r1"
    })
final class RemoveCommand extends RunsCommand {
  RemoveCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    Fingerprint key = key();
    try (WarmStartStore store = openExisting()) {
      int removed = runId == null ? store.remove(key) : store.remove(key, runId) ? 1 : 0;
      output.answer(new Removed(key, removed));
      return removed > 0 ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  private record Removed(Fingerprint key, int removed) implements Answer {
    @Override
    public void writeText(Page page) {
      page.line(
          removed == 0
              ? "nothing to remove under key " + key.toHex()
              : "removed " + Quantities.count(removed, "entry", "entries"));
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("key", key.toHex());
      json.writeNumberField("removed", removed);
    }
  }
}
