package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** Pins a key or one of its entries. */
@Command(
    name = "pin",
    header = "Keeps a key's entries, or one of them, from eviction and expiry.",
    description = {
      "%nWithout --run-id the key is pinned: what lies under it now, and what is saved under it"
          + " later. What is pinned counts against the budget. Other programs on the root, such as"
          + " the original store, know no pins. Exit code 1 if the entry that --run-id names is not"
          + " there.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart pin /tmp/fits text:digits",
      "  warmstart pin /tmp/fits text:digits --run-id r1"
    })
final class PinCommand extends RunsCommand {
  PinCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    Fingerprint key = key();
    try (WarmStartStore store = openExisting()) {
      boolean pinned = true;
      if (runId == null) {
        store.pin(key);
      } else {
        pinned = store.pin(key, runId);
      }
      output.answer(new Pinned(key, runId, pinned, store.contents(key).entries().size()));
      return pinned ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  private record Pinned(Fingerprint key, @Nullable String runId, boolean pinned, int entries)
      implements Answer {
    @Override
    public void writeText(Page page) {
      if (!pinned) {
        page.line("no entry of run " + runId + " under key " + key.toHex());
      } else if (runId != null) {
        page.line("pinned run " + runId);
      } else {
        page.line(
            "pinned key " + key.toHex() + ", " + Quantities.count(entries, "entry", "entries"));
      }
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("key", key.toHex());
      json.writeStringField("run_id", runId);
      json.writeBooleanField("pinned", pinned);
      json.writeNumberField("entries", entries);
    }
  }
}
