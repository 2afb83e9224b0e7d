int smg_supervisor_main(int argc, char **argv);
