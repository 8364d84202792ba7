package io.warmstart.stress.scenario;

import org.junit.jupiter.api.Tag;

/** The short forms of the scenarios beside other programs, other machines and a remote. */
@Tag("slow")
@Tag("once")
class SharedRootShortFormsTest extends ShortFormsTest {
  @Override
  boolean isOurs(String scenario) {
    return BESIDE_OTHERS.contains(scenario);
  }
}
