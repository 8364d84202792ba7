package io.warmstart.stress.scenario;

import org.junit.jupiter.api.Tag;

/** The short forms of the scenarios that make something fail; the others run beside these. */
@Tag("slow")
@Tag("once")
class FaultShortFormsTest extends ShortFormsTest {
  @Override
  boolean isOurs(String scenario) {
    return WITH_FAULTS.contains(scenario);
  }
}
