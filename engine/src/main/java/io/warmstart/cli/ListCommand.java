package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.KeyContents;
import io.warmstart.model.KeyContents.Listed;
import io.warmstart.model.Namespace;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Lists the keys of a root or the entries of a key. */
@Command(
    name = "ls",
    header = "Lists the keys, or the entries of a key.",
    description = {
      "%nThe latest written entry comes first. Reads manifests, not payloads; does not count as an"
          + " access. Exit code 1 if nothing lies under the key.%n",
      "Without KEY, --namespace lists the keys that are labelled with it, or with one below it, as"
          + " save --namespace does.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart ls /tmp/fits",
      "  warmstart ls /tmp/fits text:digits",
      "  warmstart ls /tmp/fits --namespace team"
    })
final class ListCommand extends RootCommand {
  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "KEY",
      converter = Arguments.KeyArgument.class,
      description = "64 lowercase hex digits, or text:NAME.")
  @Nullable KeyWord word;

  @Mixin NamespaceOption namespaced;

  ListCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    Fingerprint key = word == null ? null : namespaced.key(word);
    try (WarmStartStore store = openForLooking()) {
      long now = store.options().clock().nanoTime();
      if (key == null) {
        output.answer(new Keys(store.contents().stream().filter(this::isListed).toList(), now));
        return ExitCodes.DONE;
      }
      KeyContents contents = store.contents(key);
      output.answer(new Entries(contents, now));
      return contents.entries().isEmpty() && contents.unreadable() == 0
          ? ExitCodes.MISS_OR_PROBLEM
          : ExitCodes.DONE;
    }
  }

  /** By its label: a key does not tell its namespace. */
  private boolean isListed(KeyContents key) {
    String label = key.labels().get(Namespace.LABEL);
    return namespaced.namespace == null
        || (label != null && (label + "/").startsWith(namespaced.namespace + "/"));
  }

  /** The name that text: gave it, its labels, and whether it is pinned. */
  private static String notes(KeyContents key) {
    StringJoiner notes = new StringJoiner(", ");
    key.labels()
        .forEach(
            (name, value) ->
                notes.add((name.equals(SaveCommand.TEXT_LABEL) ? "text:" : name + "=") + value));
    if (key.pinned()) {
      notes.add("pinned");
    }
    key.failure().ifPresent(failure -> notes.add("cannot be listed: " + failure));
    return notes.length() == 0 ? Quantities.NONE : notes.toString();
  }

  private static void writeLabels(JsonGenerator json, KeyContents key) throws IOException {
    json.writeObjectFieldStart("labels");
    for (Map.Entry<String, String> each : key.labels().entrySet()) {
      json.writeStringField(each.getKey(), each.getValue());
    }
    json.writeEndObject();
  }

  private static String unreadableNote(int unreadable) {
    return Quantities.count(unreadable, "manifest", "manifests")
        + " could not be read; verify and explain say why";
  }

  record Keys(List<KeyContents> keys, long nowUnixNanos) implements Answer {
    @Override
    public void writeText(Page page) {
      if (!keys.isEmpty()) {
        Page.Table table =
            new Page.Table()
                .left("KEY")
                .right("ENTRIES")
                .right("BYTES")
                .left("LATEST WRITTEN")
                .right("AGE")
                .left("NAME, LABELS");
        keys.forEach(key -> addRow(table, key));
        page.table(table);
        page.line("");
      }
      page.line(
          Quantities.count(keys.size(), "key", "keys")
              + ", "
              + Quantities.count(entries(), "entry", "entries")
              + ", "
              + Quantities.size(bytes()));
      int unreadable = keys.stream().mapToInt(KeyContents::unreadable).sum();
      if (unreadable > 0) {
        page.line(unreadableNote(unreadable));
      }
      if (unlisted() > 0) {
        page.line(
            Quantities.count(unlisted(), "key", "keys")
                + " could not be listed; verify says what to do");
      }
    }

    private void addRow(Page.Table table, KeyContents key) {
      Listed latest = key.entries().isEmpty() ? null : key.entries().get(0);
      table.row(
          key.key().toHex(),
          key.failure().isPresent() ? "?" : Integer.toString(key.entries().size()),
          key.failure().isPresent() && key.bytes() == 0 ? "?" : Quantities.size(key.bytes()),
          latest == null
              ? Quantities.NONE
              : Quantities.shortMoment(latest.writtenUnixSecs(), latest.writtenNanos()),
          latest == null
              ? Quantities.NONE
              : Quantities.age(latest.writtenUnixSecs(), latest.writtenNanos(), nowUnixNanos),
          notes(key));
    }

    private long unlisted() {
      return keys.stream().filter(key -> key.failure().isPresent()).count();
    }

    private long entries() {
      return keys.stream().mapToLong(key -> key.entries().size()).sum();
    }

    private long bytes() {
      return keys.stream().mapToLong(KeyContents::bytes).sum();
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeArrayFieldStart("keys");
      for (KeyContents key : keys) {
        json.writeStartObject();
        json.writeStringField("key", key.key().toHex());
        json.writeStringField("failure", key.failure().orElse(null));
        json.writeNumberField("entries", key.entries().size());
        json.writeNumberField("unreadable", key.unreadable());
        json.writeNumberField("bytes", key.bytes());
        json.writeBooleanField("pinned", key.pinned());
        writeLabels(json, key);
        if (key.entries().isEmpty()) {
          Json.noMoment(json, "latest_written");
        } else {
          Listed latest = key.entries().get(0);
          Json.moment(json, "latest_written", latest.writtenUnixSecs(), latest.writtenNanos());
        }
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeNumberField("unreadable_keys", unlisted());
      json.writeNumberField("entries", entries());
      json.writeNumberField("bytes", bytes());
    }
  }

  private record Entries(KeyContents contents, long nowUnixNanos) implements Answer {
    @Override
    public void writeText(Page page) {
      if (!contents.entries().isEmpty()) {
        Page.Table table =
            new Page.Table()
                .left("RUN ID")
                .left("KIND")
                .right("OBJECTIVE")
                .right("ITERATION")
                .right("PAYLOAD")
                .left("WRITTEN")
                .right("AGE")
                .left("LAST ACCESS");
        contents.entries().forEach(entry -> addRow(table, entry));
        page.table(table);
        page.line("");
      }
      page.line(
          Quantities.count(contents.entries().size(), "entry", "entries")
              + " under key "
              + contents.key().toHex()
              + ", "
              + Quantities.size(contents.bytes()));
      if (contents.pinned() || !contents.labels().isEmpty()) {
        page.line(notes(contents));
      }
      if (contents.unreadable() > 0) {
        page.line(unreadableNote(contents.unreadable()));
      }
    }

    private void addRow(Page.Table table, Listed entry) {
      table.row(
          entry.runId(),
          Quantities.word(entry.kind()),
          Quantities.objective(entry.objective()),
          Quantities.iteration(entry.iteration()),
          Quantities.size(entry.payloadBytes()),
          Quantities.shortMoment(entry.writtenUnixSecs(), entry.writtenNanos()),
          Quantities.age(entry.writtenUnixSecs(), entry.writtenNanos(), nowUnixNanos),
          lastAccess(entry)
              + (entry.expired() ? ", expired" : "")
              + (entry.pinned() ? ", pinned" : ""));
    }

    private String lastAccess(Listed entry) {
      if (!entry.accessed()) {
        return "never";
      }
      // Old producers noted that, not when.
      return entry.accessedUnixSecs() == 0
          ? "yes"
          : Quantities.ago(entry.accessedUnixSecs(), entry.accessedNanos(), nowUnixNanos);
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("key", contents.key().toHex());
      json.writeArrayFieldStart("entries");
      for (Listed entry : contents.entries()) {
        json.writeStartObject();
        EntryFacts.of(entry).writeJson(json);
        json.writeBooleanField("accessed", entry.accessed());
        if (entry.accessed() && entry.accessedUnixSecs() != 0) {
          Json.moment(json, "accessed_at", entry.accessedUnixSecs(), entry.accessedNanos());
        } else {
          Json.noMoment(json, "accessed_at");
        }
        json.writeBooleanField("expired", entry.expired());
        json.writeBooleanField("pinned", entry.pinned());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeNumberField("unreadable", contents.unreadable());
      json.writeNumberField("bytes", contents.bytes());
      json.writeBooleanField("pinned", contents.pinned());
      writeLabels(json, contents);
    }
  }
}
