from clinicbot.cli import main

main()
