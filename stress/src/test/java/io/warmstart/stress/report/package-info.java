@NullMarked
package io.warmstart.stress.report;

import org.jspecify.annotations.NullMarked;
