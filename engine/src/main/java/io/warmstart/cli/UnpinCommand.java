package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** Takes a pin away. */
@Command(
    name = "unpin",
    header = "Takes away the pin of a key, or of one of its entries.",
    description = {
      "%nThe pin of a key and those of its entries are apart: each is taken away as it was set."
          + " Removes no entry; the next sweep may. Exit code 1 if there was no such pin.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart unpin /tmp/fits text:digits",
      "  warmstart unpin /tmp/fits text:digits --run-id r1"
    })
final class UnpinCommand extends RunsCommand {
  UnpinCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    Fingerprint key = key();
    try (WarmStartStore store = openExisting()) {
      boolean unpinned = runId == null ? store.unpin(key) : store.unpin(key, runId);
      output.answer(new Unpinned(key, runId, unpinned));
      return unpinned ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  private record Unpinned(Fingerprint key, @Nullable String runId, boolean unpinned)
      implements Answer {
    @Override
    public void writeText(Page page) {
      String what = runId == null ? "key " + key.toHex() : "run " + runId;
      page.line((unpinned ? "unpinned " : "no pin of ") + what);
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("key", key.toHex());
      json.writeStringField("run_id", runId);
      json.writeBooleanField("unpinned", unpinned);
    }
  }
}
