@NullMarked
package io.warmstart.stress.scenario;

import org.jspecify.annotations.NullMarked;
