package io.warmstart.cli;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/** Writes the manual pages of the command line in AsciiDoc, of which the release makes roff. */
public final class ManPages {
  private static final Map<String, String> EXIT_CODES = new LinkedHashMap<>();

  static {
    EXIT_CODES.put("0", "Done.");
    EXIT_CODES.put("1", "A miss, or a problem was found.");
    EXIT_CODES.put("2", "Wrong use.");
    EXIT_CODES.put("3", "An error, which is one line on standard error.");
  }

  private ManPages() {}

  /** Arguments: the directory that they are written into, and the version that they tell. */
  public static void main(String[] arguments) throws IOException {
    write(Path.of(arguments[0]), arguments[1]);
  }

  static void write(Path directory, String version) throws IOException {
    Files.createDirectories(directory);
    Streams none =
        new Streams(
            new ByteArrayInputStream(new byte[0]),
            OutputStream.nullOutputStream(),
            OutputStream.nullOutputStream(),
            StandardCharsets.UTF_8,
            false,
            false);
    CommandLine all = Main.withAllCommands(none);
    List<CommandSpec> specs = new ArrayList<>(List.of(all.getCommandSpec()));
    all.getCommandSpec().usageMessage().header("A store of warm starts.");
    all.getSubcommands().values().forEach(each -> specs.add(each.getCommandSpec()));
    specs.forEach(each -> asPage(each, version));
    File target = directory.toFile();
    int failed =
        ManPageGenerator.generateManPage(
            target, null, new boolean[0], true, specs.toArray(CommandSpec[]::new));
    if (failed != 0) {
      throw new IOException("manual pages: expected=0 actual=" + failed + " into=" + directory);
    }
  }

  /** The help of a terminal has no sections for examples and exit codes; a page has. */
  private static void asPage(CommandSpec command, String version) {
    command.versionProvider(null).version("warmstart " + version);
    UsageMessageSpec help = command.usageMessage();
    List<String> footer = new ArrayList<>();
    for (String line : help.footer()) {
      if (line.equals("%nExamples:")) {
        continue;
      }
      // Prose in paragraphs of its own; what is indented stays as it is.
      footer.add(line.startsWith(" ") ? line : line.replaceFirst("^(%n)?", "%n") + "%n");
    }
    help.footerHeading("Examples%n").footer(footer.toArray(String[]::new));
    help.exitCodeListHeading("Exit Status%n").exitCodeList(EXIT_CODES);
  }
}
