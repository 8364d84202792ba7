/**
 * One pair on disk: its directory, how its halves are staged, read, listed, recovered, removed and
 * set aside. Knows no lock and no index: who calls it holds the key.
 */
@NullMarked
package io.warmstart.pair;

import org.jspecify.annotations.NullMarked;
