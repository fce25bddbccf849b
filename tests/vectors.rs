//! Every recorded hook, played by the built charm on the stage.

fn main() {}
