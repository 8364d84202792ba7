package io.warmstart.stress.fuzz;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.RunIds;
import io.warmstart.format.StagedName;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Names in a key directory: each means one thing, and a staged one is written as it was read. */
final class NameTarget implements FuzzTarget {
  @Override
  public String name() {
    return "name";
  }

  @Override
  public List<byte[]> corpus() {
    return Text.corpus("name");
  }

  @Override
  public String judge(byte[] input) {
    String name = new String(input, StandardCharsets.UTF_8);
    DirectoryNames.Classified meant = DirectoryNames.classify(name);
    DirectoryNames.isHalfOnItsWay(name);
    DirectoryNames.isKeyDirectory(name);
    StagedName staged = StagedName.parse(name);
    if (staged != null && !staged.toText().equals(name)) {
      return "staged name: expected=" + name + " actual=" + staged.toText();
    }
    String runId = meant.runId();
    if (runId == null) {
      return "";
    }
    String written =
        switch (meant.kind()) {
          case MANIFEST -> DirectoryNames.manifestName(runId);
          case PAYLOAD -> DirectoryNames.payloadName(runId);
          default -> name;
        };
    return RunIds.isValid(runId) && written.equals(name)
        ? ""
        : "name of run " + runId + ": expected=" + name + " actual=" + written;
  }
}
