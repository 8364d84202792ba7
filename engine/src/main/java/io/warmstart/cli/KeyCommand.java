package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Prints the key of a name. */
@Command(
    name = "key",
    header = "Prints the key that text:NAME stands for.",
    description =
        "%nNeeds no root; --ttl and --budget change nothing here. text: may be left out, but before a"
            + " name that begins with it, or that is 64 lowercase hex digits: those are a key already,"
            + " and printed as they are.%n",
    footer = {
      "%nExamples:",
      "  warmstart key digits",
      "  warmstart key text:digits",
      "  warmstart key digits --namespace team",
      "  ls -l /tmp/fits/$(warmstart key digits)"
    })
final class KeyCommand implements Callable<Integer> {
  @Mixin CommonOptions common;

  @Parameters(
      index = "0",
      paramLabel = "NAME",
      converter = Arguments.NameArgument.class,
      description = "Any text, or KEY as the other commands take it.")
  KeyWord word;

  @Mixin NamespaceOption namespaced;

  private final Streams streams;

  KeyCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() {
    new Output(streams, common.json).answer(new Key(namespaced.key(word)));
    return ExitCodes.DONE;
  }

  private record Key(Fingerprint key) implements Answer {
    @Override
    public void writeText(Page page) {
      page.line(key.toHex());
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("key", key.toHex());
    }
  }
}
